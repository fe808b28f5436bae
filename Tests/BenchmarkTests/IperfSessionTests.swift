import BoundedJSON
import IperfProtocol
import Linux
import Report
import Testing

@testable import Benchmark

@Suite("A session of the server")
struct IperfSessionTests {
  private let control: LoopbackPair
  private let data: LoopbackPair
  private let session: IperfSession
  private let notebook = Notebook()

  init() throws {
    control = try LoopbackPair()
    data = try LoopbackPair()
    var generator = SystemRandomNumberGenerator()
    session = IperfSession(
      try .quiet(try .oneWorker(), notebook), channel: ControlChannel(control.far, inboxLimit: 1 << 20),
      cookie: Cookie(using: &generator), at: .now())
  }

  /// Sends to the session and lets it act on it.
  private func say(_ bytes: [UInt8]) throws {
    try control.send(bytes)
    try eventually("the session is told") { try control.far.queuedBytes() == Int32(bytes.count) }
    session.controlReady(at: .now())
  }

  private func hear(_ count: Int) throws -> [UInt8] {
    var heard: [UInt8] = []
    try eventually("the session says \(count) bytes") {
      if case .bytes(let bytes) = control.near.receive(atMost: count - heard.count) { heard += bytes }
      return heard.count == count
    }
    return heard
  }

  /// Leads the session to where it has received `bytes`.
  private func start(receiving bytes: Int) throws {
    #expect(try hear(1) == [ControlState.parameterExchange.byte])
    try say(MessageFrame.encode(TestParameters().json))
    #expect(try hear(1) == [ControlState.createStreams.byte])
    #expect(session.admit(data.far, arrival: 1, at: .now()))
    #expect(try hear(2) == [ControlState.testStart.byte, ControlState.testRunning.byte])
    try data.send([UInt8](repeating: 0, count: bytes))
  }

  /// Leads the session to where it has sent its results.
  private func end(claiming bytes: UInt64) throws {
    try say([ControlState.testEnd.byte])
    #expect(try hear(1) == [ControlState.exchangeResults.byte])
    try say(MessageFrame.encode(TestResults(streams: [.init(id: 1, bytes: bytes, endTime: 1)]).json))
    try eventually("the streams are drained") {
      session.advance(at: .now())
      return try control.near.queuedBytes() > 0
    }
  }

  @Test("A test from the cookie to the results brings the exact bytes on both sides")
  func wholeTest() throws {
    try start(receiving: 123_456)
    #expect(notebook.started.count == 1)
    try end(claiming: 123_456)
    guard case .finished(let run)? = session.takeOutcome() else { throw Surprise.noReport }
    #expect(run.report.outcome == .completed)
    #expect(run.report.received?.bytes == 123_456)
    #expect(run.report.sent?.bytes == 123_456)
    try say([ControlState.iperfDone.byte])
    #expect(session.isOver)
    #expect(session.takeOutcome() == nil)
  }

  @Test("A signal in the moment a test has ended takes nothing of it away")
  func interruptedAfterTheEnd() throws {
    try start(receiving: 10)
    try end(claiming: 10)
    try say([ControlState.iperfDone.byte])
    #expect(session.isOver)
    session.interrupt(because: "interrupted by SIGTERM", at: .now())
    guard case .finished(let run)? = session.takeOutcome() else { throw Surprise.noReport }
    #expect(run.report.outcome == .completed)
    session.interrupt(because: "interrupted by SIGTERM", at: .now())
    #expect(session.takeOutcome() == nil)
  }

  @Test("A signal in the middle of a test gives a partial report, and the client is told")
  func interruptedInTheMiddle() throws {
    try start(receiving: 1000)
    try eventually("the bytes are received") { (try? data.far.queuedBytes()) == 0 }
    session.interrupt(because: "interrupted by SIGINT", at: .now())
    guard case .finished(let run)? = session.takeOutcome() else { throw Surprise.noReport }
    #expect(run.report.outcome == Outcome(.partial, reason: "interrupted by SIGINT"))
    #expect(run.report.received?.bytes == 1000)
    #expect(try hear(1) == [ControlState.serverTerminate.byte])
  }

  @Test("More data connections than announced are not admitted, nor any before they are asked for")
  func strangers() throws {
    #expect(!session.admit(data.far, arrival: 1, at: .now()))
    try start(receiving: 0)
    #expect(!session.admit(try LoopbackPair().far, arrival: 2, at: .now()))
  }

  @Test("A session that ends before its data connections came says so, and no other does")
  func awaitedStreams() throws {
    _ = try hear(1)
    try say(MessageFrame.encode(TestParameters().json))
    _ = try hear(1)
    #expect(!session.endedAwaitingStreams)
    control.near.shutDown(sending: true, receiving: true)
    try eventually("the close is heard") {
      session.controlReady(at: .now())
      return session.isOver
    }
    #expect(session.endedAwaitingStreams)
  }

  @Test("A session whose data connections came leaves none to be expected")
  func noAwaitedStreams() throws {
    try start(receiving: 10)
    session.interrupt(because: "SIGINT", at: .now())
    #expect(session.isOver)
    #expect(!session.endedAwaitingStreams)
  }

  @Test("A client that is silent in its handshake is given up after its time")
  func silence() throws {
    let deadline = try #require(session.deadline)
    session.advance(at: deadline.adding(seconds: -0.01))
    #expect(!session.isOver)
    session.advance(at: deadline)
    #expect(session.isOver)
    guard case .refused(let reason)? = session.takeOutcome() else { throw Surprise.noRefusal }
    #expect(reason.contains("silent"))
  }

  @Test(
    "Parameters that are refused are answered with the protocol's own error",
    arguments: ["{\"parallel\":129}", "{\"udp\":true}", "{\"reverse\":true}", "{\"len\":\"x\"}"])
  func refusals(parameters: String) throws {
    _ = try hear(1)
    try say([0, 0, 0, UInt8(parameters.utf8.count)] + Array(parameters.utf8))
    #expect(session.isOver)
    #expect(try hear(9).first == ControlState.serverError.byte)
  }

  private enum Surprise: Error {
    case noReport
    case noRefusal
  }
}
