import CLinux
import Linux
import SystemPackage

/// What all NAPI instances of a device defer (sysfs, class/net; Linux 5.8 has both files). Setting it sets every instance,
/// and is what later ones begin with.
enum DeviceDeferral {
  private static let interrupts = "napi_defer_hard_irqs"
  private static let timeout = "gro_flush_timeout"

  /// - Throws: ENOENT where the mounted sysfs does not show the interface, or the kernel has no such file.
  static func read(
    _ name: String, index: UInt32, classDirectory: String = "/sys/class/net"
  ) throws(SystemCallError) -> NAPIDeferral {
    guard InterfaceIdentity.isShown(name, index: index, classDirectory: classDirectory) else {
      throw SystemCallError(
        attempt: "read what NAPI of \(name) defers", call: "open", errno: .noSuchFileOrDirectory,
        advice: "sysfs is that of another network namespace here")
    }
    return NAPIDeferral(
      deferHardIRQs: UInt32(clamping: try number(interrupts, of: name, classDirectory)),
      groFlushTimeout: UInt64(clamping: try number(timeout, of: name, classDirectory)))
  }

  static func set(
    _ name: String, to deferral: NAPIDeferral, classDirectory: String = "/sys/class/net"
  ) throws(SystemCallError) {
    if let count = deferral.deferHardIRQs {
      try TextFile.write("\(count)", to: "\(classDirectory)/\(name)/\(interrupts)")
    }
    if let time = deferral.groFlushTimeout { try TextFile.write("\(time)", to: "\(classDirectory)/\(name)/\(timeout)") }
  }

  /// The commands that do the same.
  static func command(_ name: String, to deferral: NAPIDeferral) -> String {
    let parts = [
      deferral.deferHardIRQs.map { "echo \($0) > /sys/class/net/\(name)/\(interrupts)" },
      deferral.groFlushTimeout.map { "echo \($0) > /sys/class/net/\(name)/\(timeout)" },
    ]
    return parts.compactMap { $0 }.joined(separator: "; ")
  }

  private static func number(
    _ file: String, of name: String, _ classDirectory: String
  ) throws(SystemCallError) -> Int64 {
    let path = "\(classDirectory)/\(name)/\(file)"
    var value: Int64 = 0
    try checkedAnswer("read", to: "read \(path)") { zb_read_number(path, &value) }
    return value
  }
}
