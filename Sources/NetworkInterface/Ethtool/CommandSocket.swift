import CKernelABI
import CLinux
import Glibc
import Linux
import SystemPackage

/// ethtool's older interface (ioctl(2) SIOCETHTOOL): driver information, driver statistics and flow rules have no other
/// one up to Linux 7.3. In the network namespace of the thread that opens it. Every method names its interface, and throws
/// ENODEV where there is none of that name and EOPNOTSUPP where its driver cannot do it.
public struct CommandSocket: ~Copyable {
  private let descriptor: Int32

  public init() throws(SystemCallError) {
    descriptor = try checked("socket", to: "open a socket for ethtool's commands") {
      socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }
  }

  deinit {
    close(descriptor)
  }

  /// Runs a command; its argument as the kernel left it.
  func run(
    _ command: CommandBytes, _ name: String, on interface: String, to attempt: String
  ) throws(SystemCallError) -> CommandBytes {
    var command = command
    let result = command.withKernel { zb_ethtool(descriptor, interface, $0) }
    guard result == 0 else {
      let errno = Errno(rawValue: -result)
      throw SystemCallError(
        attempt: attempt, call: "ioctl (\(name))", errno: errno,
        advice: errno == .notPermitted ? "run as root, or with CAP_NET_ADMIN" : nil)
    }
    return command
  }
}
