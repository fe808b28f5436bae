import BoundedJSON
import Glibc
import Linux
import Testing

@testable import Metering

/// The classes since boot, as mpstat(1) of sysstat tells them and as this target does. Both count up all the time, so
/// that what mpstat saw lies between a reading before and one after.
@Suite("Processor time beside mpstat")
struct StatisticsProgramTests {
  private static let program = "/usr/bin/mpstat"

  /// mpstat's columns, and what each is in seconds of a reading.
  private static let columns: [(name: String, seconds: @Sendable (ProcessorTime) -> Double)] = [
    ("soft", { $0.softirq }), ("irq", { $0.irq }), ("sys", { $0.system }), ("iowait", { $0.ioWait }),
    ("steal", { $0.steal }), ("idle", { $0.idle - $0.ioWait }),
  ]

  private func total(_ time: ProcessorTime) -> Double {
    time.user + time.system + time.irq + time.softirq + time.steal + time.idle
  }

  @Test(
    "Every class of every CPU, and user and nice together without guests, within the program's rounding",
    .enabled(if: access(program, X_OK) == 0, "needs mpstat (Debian package sysstat)"))
  func agrees() throws {
    let before = try MachineUsage.now()
    let child = ChildProcess(
      try ChildProcess.start(["/usr/bin/env", "LC_ALL=C", Self.program, "-P", "ALL", "-o", "JSON"]))
    let status = child.end(by: MonotonicTime.now().adding(seconds: 20))
    let after = try MachineUsage.now()
    try #require(status == 0)
    let json = try JSONParser.parse(child.standardOutput, limits: .file)
    let loads = try #require(
      json.object?["sysstat"]?.object?["hosts"]?.array?.first?.object?["statistics"]?.array?.first?.object?["cpu-load"]?
        .array)
    #expect(loads.count == before.cpus + 1)
    for case .object(let load) in loads {
      let name = try #require(load["cpu"]?.string)
      let ends =
        name == "all"
        ? (before.all, after.all)
        : (try #require(before.byCPU[Int(name) ?? -1]), try #require(after.byCPU[Int(name) ?? -1]))
      for (column, seconds) in Self.columns {
        try expect(load, [column], between: ends, seconds, "CPU \(name) \(column)")
      }
      try expect(load, ["usr", "nice"], between: ends, { $0.user - ($0.guest ?? 0) }, "CPU \(name) usr and nice")
      try expect(load, ["guest", "gnice"], between: ends, { $0.guest ?? 0 }, "CPU \(name) guest")
    }
  }

  private func expect(
    _ load: JSONObject, _ columns: [String], between ends: (ProcessorTime, ProcessorTime),
    _ seconds: (ProcessorTime) -> Double, _ what: String
  ) throws {
    let percent = try columns.reduce(0) { sum, column in sum + (try #require(load[column]?.doubleValue)) }
    // Two decimals are printed of each; a tick may be under way between the classes of one reading.
    let rounding = 0.0051 * Double(columns.count) + 0.02 / total(ends.0) * 100
    let least = seconds(ends.0) / total(ends.1) * 100 - rounding
    let most = seconds(ends.1) / total(ends.0) * 100 + rounding
    #expect(percent >= least && percent <= most, "\(what): \(percent) is not within \(least) to \(most)")
  }
}
