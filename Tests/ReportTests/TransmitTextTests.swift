import Testing

@testable import Report

@Suite("What was sent, as text")
struct TransmitTextTests {
  private func lines(_ transmit: TransmitReport) -> [String] {
    TransmitText(transmit: transmit).lines.map { $0.rendered(colour: false) }
  }

  @Test("Notifications, what they left open, and streams that went on with write stand in one line")
  func everything() throws {
    #expect(
      lines(try #require(ExampleRuns.sendingZeroCopy().transmit)) == [
        "   Transmit: 600000000 bytes sent without a copy, 390233272 copied (8 of 1153 notifications say so), 8388608 of "
          + "which the kernel did not tell in time; 1 stream went on with write; the kernel says it copied 8 of the first 8 "
          + "sends; no room for a zero-copy send 3 times; nothing was taken by 12 calls"
      ])
  }

  @Test("A path that tells nothing has a line only where calls took nothing")
  func silent() {
    #expect(lines(TransmitReport(handover: .pages, retries: 0)) == [])
    #expect(lines(TransmitReport(handover: .copied, retries: 2)) == ["   Transmit: nothing was taken by 2 calls"])
  }

  @Test("The reason for a choice stands behind the method, and in the summary")
  func reason() {
    let report = ExampleRuns.sendingZeroCopy()
    let start = TextReport(role: .client).startLines(report)
    #expect(start.contains("Sending with uring-zc (through eth1 (mlx5_core))"))
    #expect(TextReport(role: .client).summaryLines(report).contains { $0.hasPrefix("   Transmit: 600000000 bytes") })
  }
}
