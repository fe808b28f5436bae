import CLinux
import Linux

/// The PID namespace of this process: programs see the initial one's numbers unless they ask for those of another.
struct PIDNamespace: Sendable, Equatable {
  /// The kernel's number of the device that namespaces lie on, and the namespace's inode.
  let device: UInt64
  let inode: UInt64

  static func ofThisProcess() throws(SystemCallError) -> PIDNamespace {
    var (device, inode): (UInt64, UInt64) = (0, 0)
    try checkedAnswer("stat", to: "find this process's PID namespace (/proc/self/ns/pid)") {
      zb_pid_namespace(&device, &inode)
    }
    return PIDNamespace(device: device, inode: inode)
  }
}
