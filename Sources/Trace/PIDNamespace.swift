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

  /// Instructions that leave thread and process at the frame pointer plus `offset`, 4 bytes each, and 0 in r0; an error in
  /// r0 for a task of another namespace. r1 to r5 are lost.
  func key(at offset: Int32) -> [zb_bpf_instruction] {
    typealias I = BPFInstruction
    return I.move64(.r1, device) + I.move64(.r2, inode) + I.move(.r3, .r10) + I.add(.r3, offset) + I.move(.r4, 8)
      + I.call(.threadInNamespace)
  }
}
