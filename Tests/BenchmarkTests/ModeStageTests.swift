import BoundedJSON
import IperfProtocol
import Report
import Testing

@testable import Benchmark

@Suite("What clients may ask a server for")
struct ModeStageTests {
  private func stage(_ mode: ReceiveMode = .epoll, allowed: Set<ReceiveMode>?) throws -> ModeStage {
    .plain(try .oneWorker(mode), allowed: allowed)
  }

  private func parameters(_ extras: JSONObject) -> TestParameters {
    var parameters = TestParameters()
    parameters.extras = extras
    return parameters
  }

  @Test(
    "Nothing is refused to who asks for nothing, whatever is allowed",
    arguments: [nil, [], [.uring]] as [Set<ReceiveMode>?])
  func nothing(allowed: Set<ReceiveMode>?) throws {
    let stage = try stage(allowed: allowed)
    let setting = try stage.setting(ReceiveWish(), streams: 1)
    #expect(setting == stage.current)
    #expect(setting.mode == stage.own)
  }

  @Test("Who is not allowed to choose is refused every mode, also the server's own, buffers and placement")
  func notAllowed() throws {
    let stage = try stage(allowed: nil)
    for wish in [
      ReceiveWish(mode: .discard), ReceiveWish(mode: .epoll), ReceiveWish(bufferLength: 4096),
      ReceiveWish(placement: .same),
    ] {
      let error = #expect(throws: BenchmarkError.self) { try stage.setting(wish, streams: 1) }
      #expect(error?.description.contains("--allow-compare") == true)
    }
  }

  @Test("Of a list, only what it names is allowed")
  func list() throws {
    let stage = try stage(allowed: [.discard, .epoll])
    #expect(stage.refusal(of: .discard) == nil)
    #expect(stage.refusal(of: .mmap)?.contains("does not allow mmap") == true)
    try stage.enter(try stage.setting(ReceiveWish(mode: .discard), streams: 1))
    #expect(stage.current?.mode == ModeChoice(asked: .discard))
    #expect(stage.current?.mode.requested == "discard")
    try stage.enter(try stage.setting(ReceiveWish(), streams: 1))
    #expect(stage.current?.mode == stage.own)
  }

  @Test("Without an interface zc has no queue, and the reason is said")
  func noQueue() throws {
    let stage = try stage(allowed: Set(ReceiveMode.allCases))
    #expect(stage.refusal(of: .zc) == "the server was started without an interface (-i)")
    #expect(stage.label(of: .zcCopy) == nil)
  }

  @Test("Buffers are for zero-copy memory alone")
  func buffers() throws {
    let stage = try stage(allowed: Set(ReceiveMode.allCases))
    #expect(
      stage.refusal(of: ReceiveWish(mode: .epoll, bufferLength: 8192)) == "epoll has no zero-copy memory to lay out")
    #expect(stage.refusal(of: ReceiveWish(bufferLength: 8192)) == "epoll has no zero-copy memory to lay out")
    #expect(stage.refusal(of: ReceiveWish(mode: .epoll)) == nil)
  }

  @Test("A placement is taken over for one test")
  func placement() throws {
    let stage = try stage(allowed: [.epoll])
    try stage.enter(try stage.setting(ReceiveWish(placement: .same), streams: 1))
    #expect(stage.current?.placement.wish == .same)
    try stage.enter(try stage.setting(ReceiveWish(), streams: 1))
    #expect(stage.current?.placement.wish == .automatic)
  }

  @Test("What a client asks for is read from its parameters")
  func wishes() throws {
    #expect(
      try ReceiveWish(
        parameters(["mode": .string("zc-copy"), "rx_buf_len": .integer(16384), "placement": .string("other")]))
        == ReceiveWish(mode: .zcCopy, bufferLength: 16384, placement: .other))
    #expect(try ReceiveWish(parameters(["verify": .bool(true)])).isEmpty)
    #expect(try ReceiveWish(TestParameters()).isEmpty)
    #expect(try ReceiveWish(parameters(["asks_for_modes": .bool(true), "mode": .string("zc")])).isEmpty)
  }

  @Test(
    "Wishes that are none are refused",
    arguments: [
      ["mode": .string("ZC")], ["mode": .integer(1)], ["mode": .null], ["rx_buf_len": .integer(5000)],
      ["rx_buf_len": .integer(2048)], ["rx_buf_len": .integer(-4096)], ["rx_buf_len": .string("4096")],
      ["rx_buf_len": .integer(1 << 31)], ["placement": .string("none")], ["placement": .bool(true)],
    ] as [JSONObject])
  func nonsense(extras: JSONObject) {
    #expect(throws: BenchmarkError.self) { try ReceiveWish(parameters(extras)) }
  }

  @Test("The offer names every mode, and the reason beside those that are not to be had")
  func offer() throws {
    guard case .object(let offer) = try stage(allowed: [.epoll]).offer else {
      Issue.record("no object")
      return
    }
    #expect(Set(offer.members.map(\.key)) == Set(ReceiveMode.allCases.map(\.rawValue)))
    #expect(offer["epoll"] == .object([:]))
    guard case .object(let zc)? = offer["zc"], case .string(let why)? = zc["unavailable"] else {
      Issue.record("zc is offered")
      return
    }
    #expect(why.contains("does not allow zc"))
  }
}
