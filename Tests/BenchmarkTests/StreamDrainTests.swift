import BoundedJSON
import IperfProtocol
import Linux
import Testing

@testable import Benchmark

@Suite("Draining streams")
struct StreamDrainTests {
  private let zero = MonotonicTime(nanoseconds: 0)
  private let pairs: [LoopbackPair]
  private let flows: [Flow]

  init() throws {
    pairs = [try LoopbackPair(), try LoopbackPair()]
    flows = [Flow(socket: pairs[0].far, id: 1, identified: 0), Flow(socket: pairs[1].far, id: 3, identified: 0)]
  }

  private func bring(_ first: UInt64, _ second: UInt64) {
    flows[0].counters.pointee.bytes.store(first, ordering: .relaxed)
    flows[1].counters.pointee.bytes.store(second, ordering: .relaxed)
  }

  private var streams: [ReceiveStream] { flows.map { ReceiveStream($0) } }

  private func drain(
    _ results: TestResults, omits: Bool = false, endBytes: UInt64 = 0, undercount: StreamDrain.Undercount? = nil,
    idleTimeout: Double? = nil
  ) -> StreamDrain {
    StreamDrain(
      results, omits: omits, undercount: undercount, idleTimeout: idleTimeout, streams: streams,
      testEnd: TestEnd(at: zero, bytes: endBytes), now: at(0.01))
  }

  private func at(_ seconds: Double) -> MonotonicTime { zero.adding(seconds: seconds) }

  private let told = TestResults(streams: [.init(id: 3, bytes: 200), .init(id: 1, bytes: 100)])

  @Test("It is done when every stream has brought what its client counts, and not one byte before")
  func exact() {
    bring(100, 199)
    var drain = drain(told)
    #expect(drain.isDone(streams, at: at(0.02)) == false)
    bring(100, 200)
    #expect(drain.isDone(streams, at: at(0.03)) == true)
    #expect(drain.lastByteAt == at(0.03))
    #expect(drain.differences(streams).isEmpty)
  }

  @Test("What one stream brought too much does not make up for another")
  func eachByItself() {
    bring(150, 150)
    var drain = drain(told)
    #expect(drain.isDone(streams, at: at(0.5)) == false)
    #expect(drain.differences(streams).count == 2)
  }

  @Test("After one second without a byte it is done whatever is missing, and says what is")
  func givesUp() {
    bring(100, 150)
    var drain = drain(told)
    #expect(drain.isDone(streams, at: at(1.009)) == false)
    #expect(drain.isDone(streams, at: at(1.011)) == true)
    #expect(drain.differences(streams) == ["stream 3: the client counts 200 bytes as sent, 150 arrived"])
  }

  @Test("While bytes come, or lie in a socket, a second is not the end; ten are")
  func slowReceiver() throws {
    bring(100, 150)
    var drain = drain(told)
    bring(100, 160)
    #expect(drain.isDone(streams, at: at(0.9)) == false)
    #expect(drain.isDone(streams, at: at(1.5)) == false, "a byte came within the last second")
    try pairs[1].send([1, 2, 3])
    try eventually("the bytes lie in the socket") { streams[1].queued == 3 }
    #expect(drain.isDone(streams, at: at(5)) == false, "somebody has yet to read them")
    #expect(drain.isDone(streams, at: at(10.011)) == true)
    #expect(drain.differences(streams).count == 1)
  }

  @Test("A stream that has ended brings nothing more and is not waited for")
  func endedStreams() {
    bring(100, 0)
    var drain = drain(told)
    #expect(drain.isDone(streams, at: at(0.02)) == false)
    flows[1].counters.pointee.state.store(.ended, ordering: .releasing)
    #expect(drain.isDone(streams, at: at(0.03)) == true)
  }

  @Test("Where a stock client omits seconds its total is unknown: quiet for 50 ms is the end")
  func unknownTotals() {
    bring(1000, 1000)
    var drain = drain(told, omits: true)
    #expect(drain.isDone(streams, at: at(0.05)) == false)
    bring(1000, 1001)
    #expect(drain.isDone(streams, at: at(0.059)) == false)
    #expect(drain.isDone(streams, at: at(0.108)) == false)
    #expect(drain.isDone(streams, at: at(0.11)) == true)
    #expect(drain.lastByteAt == at(0.059))
    #expect(drain.differences(streams).isEmpty)
  }

  @Test("Our own client tells its totals beside what it counts, and they are what is waited for")
  func ownTotals() {
    var results = told
    results.extras = [
      Extras.totals: .array([
        .object(["id": .integer(1), "bytes": .integer(1100)]), .object(["id": .integer(3), "bytes": .integer(1200)]),
      ])
    ]
    bring(1100, 1199)
    var drain = drain(results, omits: true)
    #expect(drain.isDone(streams, at: at(0.5)) == false)
    bring(1100, 1200)
    #expect(drain.isDone(streams, at: at(0.6)) == true)
  }

  @Test("A claim of 2^64 − 1 bytes costs one second and no more")
  func absurdClaim() {
    var drain = drain(TestResults(streams: [.init(id: 1, bytes: .max), .init(id: 3, bytes: 0)]))
    #expect(drain.isDone(streams, at: at(0.9)) == false)
    #expect(drain.isDone(streams, at: at(1.011)) == true)
  }

  @Test("Without a byte after the end of the test, the test ended when it ended")
  func quietEnd() {
    bring(100, 200)
    var drain = drain(told, endBytes: 300)
    #expect(drain.isDone(streams, at: at(0.02)) == true)
    #expect(drain.lastByteAt == zero)
  }

  @Test("A client that counts too little is waited for until it is quiet, and the surplus is its account's")
  func undercountingClient() {
    let undercount = StreamDrain.Undercount(client: "iperf3 3.18", block: 131_072)
    bring(100, 200)
    var drain = drain(told, undercount: undercount)
    #expect(drain.isDone(streams, at: at(0.02)) == false, "what is counted may not be all")
    bring(100 + 131_072, 201)
    #expect(drain.isDone(streams, at: at(0.03)) == false)
    #expect(drain.isDone(streams, at: at(0.079)) == false)
    #expect(drain.isDone(streams, at: at(0.081)) == true)
    #expect(drain.lastByteAt == at(0.03))
    #expect(
      drain.differences(streams) == [
        "iperf3 3.18 counts 131073 bytes fewer as sent than arrived, on 2 streams: its account lacks the block that a "
          + "stream was writing at the end (iperf3 3.16 and later); the receiver's is whole"
      ])
  }

  @Test("More than a block beyond the count is not explained by threads that were cancelled")
  func tooMuch() {
    bring(100 + 131_073, 200)
    let drain = drain(told, undercount: StreamDrain.Undercount(client: "iperf3 3.18", block: 131_072))
    #expect(drain.differences(streams) == ["stream 1: the client counts 100 bytes as sent, 131173 arrived"])
  }

  @Test("Nothing is drained while bytes still lie in a socket")
  func unread() throws {
    bring(101, 200)
    try pairs[0].send([1])
    try eventually("the byte lies in the socket") { try pairs[0].far.queuedBytes() == 1 }
    var drain = drain(told)
    #expect(drain.isDone(streams, at: at(9.9)) == false)
    #expect(drain.isDone(streams, at: at(10.011)) == true)
  }

  @Test("Where every byte has to be checked, it waits as long as bytes come, and then for the idle time")
  func verified() {
    bring(100, 150)
    var drain = drain(told, idleTimeout: 5)
    #expect(drain.isDone(streams, at: at(4)) == false)
    bring(100, 151)
    #expect(drain.isDone(streams, at: at(4.5)) == false)
    #expect(drain.isDone(streams, at: at(9.4)) == false)
    #expect(drain.isDone(streams, at: at(9.5)) == true)
    flows[0].counters.pointee.checkedBytes.store(100, ordering: .relaxed)
    flows[1].counters.pointee.checkedBytes.store(151, ordering: .relaxed)
    #expect(drain.unchecked(of: streams) == 49)
    var patient = self.drain(told, idleTimeout: 0)
    #expect(patient.isDone(streams, at: at(86_400)) == false)
  }

  @Test("What was checked of one stream does not make up for another, and absurd claims do not wrap")
  func uncheckedEachByItself() {
    flows[0].counters.pointee.checkedBytes.store(1000, ordering: .relaxed)
    #expect(drain(told).unchecked(of: streams) == 200)
    let absurd = TestResults(streams: [.init(id: 1, bytes: .max), .init(id: 3, bytes: .max)])
    #expect(drain(absurd).unchecked(of: streams) == .max)
  }

  @Test(
    "iperf3 counts too little from 3.16 on",
    arguments: [
      ("3.12", false), ("3.15", false), ("3.16", true), ("3.17.1", true), ("3.18", true), ("3.21+", true),
      ("4.0", true), ("3.9", false), ("2.1", false), ("zcrx-bench 0.1", false), ("3.18rc1", true), ("", false),
    ])
  func versions(version: String, isShort: Bool) {
    var parameters = TestParameters()
    parameters.clientVersion = version
    parameters.length = 4096
    #expect((parameters.undercount != nil) == isShort)
    #expect(parameters.undercount?.block == (isShort ? 4096 : nil))
    parameters.clientVersion = nil
    #expect(parameters.undercount == nil)
  }
}
