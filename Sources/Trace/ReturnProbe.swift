import CLinux
import Linux
import SystemPackage

/// The return of a kernel function as a perf event (kprobe PMU, Linux 4.17).
struct ReturnProbe: Sendable {
  private static let folder = "/sys/bus/event_source/devices/kprobe"
  private let descriptor: Descriptor
  var number: Int32 { descriptor.number }

  /// - Parameter thread: whose returns count as hits; nil for all, which needs one event a CPU to be complete.
  /// - Throws: ENOENT without CONFIG_KPROBE_EVENTS or without such a function, EACCES where kernel.perf_event_paranoid
  ///   forbids it (3 on Debian: for all but CAP_SYS_ADMIN).
  init(symbol: String, thread: Int32?) throws(SystemCallError) {
    let type = try Self.number(in: "type", behind: "")
    let bit = try Self.number(in: "format/retprobe", behind: "config:")
    descriptor = Descriptor(
      owning: try checkedAnswer(
        "perf_event_open", to: "probe the return of \(symbol)",
        advice: "kernel.perf_event_paranoid may forbid it (sysctl)"
      ) {
        zb_open_return_probe(type, bit, symbol, thread ?? -1, 0)
      })
  }

  func hits() throws(SystemCallError) -> UInt64 {
    var hits: UInt64 = 0
    try checkedAnswer("read", to: "read how often a probe was hit") { zb_read_probe(number, &hits) }
    return hits
  }

  private static func number(in file: String, behind prefix: String) throws(SystemCallError) -> UInt32 {
    let path = "\(folder)/\(file)"
    let text = try TextFile.read(path, limit: 64)
    guard text.hasPrefix(prefix), let number = UInt32(text.dropFirst(prefix.count).prefix { $0.isNumber }) else {
      throw SystemCallError(attempt: "read \(path)", call: "read", errno: .invalidArgument)
    }
    return number
  }
}
