import Testing

@testable import Report

@Suite("Memory traffic as text")
struct MemoryTextTests {
  private func lines(_ report: RunReport) throws -> [String] {
    MemoryText(memory: try #require(report.memory)).lines.map { $0.rendered(colour: false) }
  }

  @Test("Sockets, source, what was idle, and what a payload byte costs")
  func full() throws {
    #expect(
      try lines(ExampleRuns.memory()) == [
        "Memory bandwidth: read 1.18 GB/s, write 2.07 GB/s, together 3.25 GB/s; 3.18 DRAM bytes per payload byte",
        "       Socket 0: read 1.17 GB/s, write 2.05 GB/s, together 3.22 GB/s",
        "       Socket 1: read 0.01 GB/s, write 0.02 GB/s, together 0.03 GB/s",
        "    Counted by: Intel memory controllers (uncore_imc), 8 channels a socket",
        "          Idle: 0.15 GB/s over 1.0 s, 12 s before; taken off in the figure per payload byte",
        "        Memory: its counters ran 50 % of the time, and what they counted is scaled up",
      ])
  }

  @Test("What is not all of the DRAM's traffic is not called so, and nothing is taken off that was not measured")
  func limited() throws {
    var report = ExampleRuns.memoryOfProcessor()
    #expect(
      try lines(report) == [
        "Memory bandwidth: 2.50 GB/s, reads and writes together",
        "    Counted by: resctrl monitoring (mbm_total_bytes), 1 domains and groups; CPU traffic only: what a NIC writes or "
          + "reads by itself is not in it",
        "          Idle: not taken off (the server was not idle for a second before)",
      ])
    report.memory?.bytesPerPayloadByte = 1.5
    #expect(
      try lines(report)[0]
        == "Memory bandwidth: 2.50 GB/s, reads and writes together; 1.50 bytes of what is counted per payload byte")
  }

  @Test("No figures, with the reason")
  func unavailable() throws {
    #expect(
      try lines(ExampleRuns.noMemory()) == [
        "Memory bandwidth: not available (this is a virtual machine (the CPU has the flag 'hypervisor'))"
      ])
    var memory = try #require(ExampleRuns.memory().memory)
    memory.traffic?.seconds = 0
    #expect(
      MemoryText(memory: memory).lines.map { $0.rendered(colour: false) }
        == ["Memory bandwidth: not available (no time passed)"])
  }

  @Test("The summary has the lines, and an interval the rate and bytes per payload byte where they are known")
  func inTheReport() {
    let text = TextReport(role: .server)
    let report = ExampleRuns.memory()
    #expect(text.summaryLines(report).contains { $0.hasPrefix("Memory bandwidth: read") })
    #expect(!text.summaryLines(ExampleRuns.server()).contains { $0.contains("Memory") })
    #expect(text.intervalLines(report.intervals[0]).allSatisfy { !$0.contains("mem ") })
    #expect(text.intervalLines(report.intervals[1]).last?.hasSuffix("mem 3.20 GB/s, 3.05 B/B") == true)
    #expect(text.intervalLines(report.intervals[2]).last?.hasSuffix("mem 3.30 GB/s") == true)
  }

  @Test("A run without payload has no ratio in its intervals")
  func noPayload() throws {
    let interval = try #require(ExampleRuns.memory().intervals[1].memory)
    #expect(interval.mark(payload: 0) == "mem 3.20 GB/s")
    #expect(interval.mark(payload: 1_525_000_000) == "mem 3.20 GB/s, 1.00 B/B")
  }

  @Test("Neighbours joined keep every byte, and lose only what one of them does not know")
  func joined() {
    let intervals = ExampleRuns.memory().intervals.compactMap(\.memory)
    let both = intervals[0].joined(with: intervals[1])
    #expect(both.totalBytes == 3_330_000_000)
    #expect(both.readBytes == 1_210_000_000)
    #expect(both.netBytes == nil)
  }
}
