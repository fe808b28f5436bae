import Testing

@testable import Report

@Suite("Numbers with their nouns")
struct CountTextTests {
  @Test("One is singular; none and many are not")
  func counts() {
    #expect([0, 1, 2].map { $0.counted("rule") } == ["0 rules", "1 rule", "2 rules"])
    #expect(UInt64(1).counted("entry", "entries") == "1 entry")
    #expect(UInt64.max.counted("entry", "entries") == "18446744073709551615 entries")
  }

  @Test("A worker with one stream, one call and one sample, and a worker without any")
  func workers() {
    var report = ExampleRuns.server()
    report.workers[0].streams = [3]
    report.workers[0].calls = 1
    report.callSizes = DistributionReport(count: 1, minimum: 5, median: 5, percentile99: 5, maximum: 5)
    report.workers.append(report.workers[0])
    report.workers[1].streams = []
    let lines = WorkerText(report: report).lines.map { $0.rendered(colour: false) }
    #expect(lines[0].contains("on CPU 1, stream 3, user"))
    #expect(lines[0].contains(" 1 call, "))
    #expect(lines[1].contains("on CPU 1, no streams, user"))
    #expect(lines[2].contains(" Call sizes: 1 sample, "))
  }

  @Test("A test of one byte in one block")
  func oneByte() {
    var report = ExampleRuns.server()
    report.settings.streams = 1
    report.settings.blockLength = 1
    report.settings.bytes = 1
    report.settings.blocks = 1
    let lines = TextReport(role: .server).startLines(report)
    #expect(
      lines.contains("Test: 1 stream, blocks of 1 byte, the first 1 s omitted, 1 byte to send, 1 block to send, 1 s"))
  }
}
