import BoundedJSON
import Testing

@testable import Report

@Suite("Protocol and direction of a run")
struct MeasuredTrafficTests {
  private static func run(_ fixture: String, as name: String = "run") throws -> RecordedDocument {
    let bytes = try FixtureFile("\(fixture).json").read()
    return try #require(try RecordedFile.documents(of: bytes, name: name).first)
  }

  private static func recorded(_ fixture: String) throws -> RecordedRun {
    guard case .run(let run) = try run(fixture) else { throw Surprise() }
    return run
  }

  private struct Surprise: Error {}

  @Test(
    "iperf3's documents tell what they measured",
    arguments: [
      ("iperf-3.12-client", "TCP, client to server"), ("iperf-3.12-server", "TCP, client to server"),
      ("iperf-3.18-client", "TCP, client to server"), ("way-of-iperf-3.12-udp", "UDP, client to server"),
      ("way-of-iperf-3.12-reverse", "TCP, server to client"),
      ("way-of-iperf-3.12-bidir", "TCP, both ways at once, figures of client to server"),
      ("iperf-3.18-bidir", "TCP, both ways at once, figures of client to server"),
      ("zcrx-bench-server", "TCP, client to server"),
    ])
  func documents(fixture: String, words: String) throws {
    #expect(try Self.recorded(fixture).trafficWords == words)
  }

  @Test("CPU time that was spent on both ways is not divided by the bytes of one; whose it is with -R is known")
  func processor() throws {
    for fixture in ["way-of-iperf-3.12-bidir", "iperf-3.18-bidir"] {
      #expect(try Self.recorded(fixture).reading(of: .cpu).value == nil)
      #expect(try Self.recorded(fixture).reading(of: .throughput).value != nil)
      #expect(MeasuredSide(of: try Self.recorded(fixture)) == .unknown)
    }
    #expect(try Self.recorded("way-of-iperf-3.12-reverse").reading(of: .cpu).value != nil)
    #expect(MeasuredSide(of: try Self.recorded("way-of-iperf-3.12-reverse")) == .receiver)
  }

  @Test("What UDP's sender sent is not taken for what its receiver counted")
  func datagrams() throws {
    let run = try Self.recorded("way-of-iperf-3.12-udp")
    #expect(run.reading(of: .throughput).value == run.json.number("end.sum_received.bits_per_second"))
    guard case .object(var document) = run.json, case .object(var end)? = document["end"] else { throw Surprise() }
    end["sum_received"] = nil
    document["end"] = .object(end)
    #expect(Metric.throughput.reading(ofIperf: .object(document)).value == nil)
  }

  @Test(
    "Runs of another protocol or direction are not compared, and it is said",
    arguments: ["way-of-iperf-3.12-udp", "way-of-iperf-3.12-reverse", "way-of-iperf-3.12-bidir"])
  func different(fixture: String) throws {
    let plain = DifferenceSide([try Self.run("iperf-3.12-client")])
    let other = DifferenceSide([try Self.run(fixture)])
    let difference = Difference(base: plain, new: other)
    #expect(difference.subjects.isEmpty)
    #expect(difference.unmatched.count == 2 && difference.unmatched[0] == "run: only in base")
    let name = fixture.hasSuffix("udp") ? "protocol" : "direction"
    #expect(difference.conditions.contains { $0.name == name })
    #expect(Difference(base: other, new: other).subjects.count == 1)
    // Beside each other on one side they are two subjects.
    let both = DifferenceSide([try Self.run("iperf-3.12-client"), try Self.run(fixture)])
    #expect(Difference(base: both, new: both).subjects.map(\.baseRuns) == [1, 1])
  }

  @Test("A plain run of iperf3's is compared with one of ours, and with a newer iperf3's")
  func same() throws {
    let stock = DifferenceSide([try Self.run("iperf-3.12-client")])
    for other in ["iperf-3.18-client", "zcrx-bench-client"] {
      let difference = Difference(base: stock, new: DifferenceSide([try Self.run(other)]))
      #expect(difference.subjects.count == 1)
      #expect(!difference.conditions.contains { ["protocol", "direction"].contains($0.name) })
    }
  }
}
