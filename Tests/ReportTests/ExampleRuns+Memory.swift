import Report

/// Runs on machines that count the traffic of their memory, and on one that does not.
extension ExampleRuns {
  /// Two sockets whose reads and writes are told apart, an idle second before, counters that were shared out.
  static func memory() -> RunReport {
    var report = server()
    var memory = MemoryReport(
      source: MemoryReport.Source(
        name: "intel-imc", title: "Intel memory controllers (uncore_imc), 8 channels a socket", limitation: nil))
    memory.traffic = MemoryTrafficReport(
      seconds: seconds,
      sockets: [
        MemorySocketReport(
          socket: 0, readBytes: 1_200_000_000, writeBytes: 2_100_000_000, totalBytes: 3_300_000_000),
        MemorySocketReport(socket: 1, readBytes: 10_000_000, writeBytes: 20_000_000, totalBytes: 30_000_000),
      ], runningShare: 0.5)
    memory.baseline = MemoryBaselineReport(
      seconds: 1.0005, age: 12.25, readRate: 100_000_000, writeRate: 50_000_000, totalRate: 150_000_000)
    memory.netBytes = 3_176_217_094
    memory.bytesPerPayloadByte = 3.180_600
    memory.remarks = ["its counters ran 50 % of the time, and what they counted is scaled up"]
    report.memory = memory
    report.intervals[1].memory = IntervalMemoryReport(
      seconds: 0.5, readBytes: 600_000_000, writeBytes: 1_000_000_000, totalBytes: 1_600_000_000,
      netBytes: 1_525_000_000)
    report.intervals[2].memory = IntervalMemoryReport(
      seconds: 0.525, readBytes: 610_000_000, writeBytes: 1_120_000_000, totalBytes: 1_730_000_000, netBytes: nil)
    return report
  }

  /// A source that sees the CPU's traffic alone, does not tell reads from writes, and had no idle second before.
  static func memoryOfProcessor() -> RunReport {
    var report = memory()
    var memory = MemoryReport(
      source: MemoryReport.Source(
        name: "resctrl", title: "resctrl monitoring (mbm_total_bytes), 1 domains and groups",
        limitation: "CPU traffic only: what a NIC writes or reads by itself is not in it"))
    memory.traffic = MemoryTrafficReport(
      seconds: 2,
      sockets: [MemorySocketReport(socket: 0, readBytes: nil, writeBytes: nil, totalBytes: 5_000_000_000)],
      runningShare: 1)
    memory.noBaseline = "the server was not idle for a second before"
    report.memory = memory
    report.intervals[1].memory = IntervalMemoryReport(
      seconds: 0.5, readBytes: nil, writeBytes: nil, totalBytes: 1_600_000_000, netBytes: nil)
    return report
  }

  static func noMemory() -> RunReport {
    var report = client()
    report.memory = MemoryReport(unavailable: "this is a virtual machine (the CPU has the flag 'hypervisor')")
    return report
  }
}
