import Glibc
import Linux
import SystemPackage
import Testing

@testable import Benchmark

@Suite("Send paths", .serialized)
struct SendPathTests {
  @Test("Every method is permitted here, so that the tests below are about all of them", .enabled(if: hasRings))
  func allPermitted() {
    #expect(SentPath.permitted == SentPath.allCases)
  }

  private static let hasRings = SendMethod.uringZeroCopy.refusal(length: 4096) == nil

  @Test("Odd blocks through small buffers arrive as the pattern has them, none twice", arguments: SentPath.permitted)
  func sendsPattern(path: SentPath) throws {
    let total: UInt64 = 5_000_011
    let pair = try StreamPair(buffers: 40_000)
    let plan = try path.plan(length: 99_991, quota: SendQuota(bytes: total))
    let stream = SendStream(id: 1, socket: pair.near, cpu: nil, plan: plan)
    var threads = ThreadList()
    threads.append(try stream.start())
    var reader = PatternReader(pair.far)
    // A peer that pauses until calls take nothing: what they left behind must come next, once.
    for _ in 0..<5 {
      let before = stream.counters.retries.load(ordering: .relaxed)
      try eventually("calls take nothing") { stream.counters.retries.load(ordering: .relaxed) > before }
      let goal = reader.count + 400_000
      try eventually("\(goal) bytes arrive") { try reader.take() && reader.count >= goal }
    }
    try eventually("\(total) bytes arrive") { try reader.take() && reader.count == total }
    threads.joinAll()
    #expect(stream.bytes == total)
    #expect(stream.finalFailure == nil)
    if let account = stream.finalResult.account {
      #expect(account.unsettled == 0)
      #expect(account.zeroCopied + account.copied + account.copiedByCalls == total)
    }
    #expect((stream.finalResult.account != nil) == path.method.isNotified)
  }

  @Test(
    "A peer that reads nothing does not delay the stop, and what counts as sent is what arrives",
    arguments: SentPath.permitted)
  func stopsWithPeerStalled(path: SentPath) throws {
    let pair = try StreamPair(buffers: 20_000)
    let plan = try path.plan(length: 300_007)
    let stream = SendStream(id: 1, socket: pair.near, cpu: nil, plan: plan)
    var threads = ThreadList()
    threads.append(try stream.start())
    // Full buffers: calls come back without a byte.
    try eventually("calls take nothing") { stream.counters.retries.load(ordering: .relaxed) >= 2 }
    plan.quota.stop.store(true, ordering: .relaxed)
    try eventually("the stream is over") { stream.isOver }
    let sent = stream.bytes
    threads.joinAll()
    #expect(stream.bytes == sent)
    #expect(stream.finalFailure == nil)
    pair.near.shutDown(sending: true, receiving: false)
    var reader = PatternReader(pair.far)
    let limit = MonotonicTime.now().adding(seconds: 10)
    while try reader.take() { try #require(MonotonicTime.now() < limit) }
    #expect(reader.count == sent)
  }

  @Test("A reset ends the stream with the kernel's word", arguments: SentPath.permitted)
  func endsWithReset(path: SentPath) throws {
    var pair: StreamPair? = try StreamPair()
    let plan = try path.plan(length: 65_536)
    let near = try #require(pair).near
    let stream = SendStream(id: 1, socket: near, cpu: nil, plan: plan)
    var threads = ThreadList()
    threads.append(try stream.start())
    try eventually("bytes are sent") { stream.bytes > 0 }
    try LoopbackPair.resetOnClose(try #require(pair).far)
    pair = nil
    try eventually("the stream is over") { stream.isOver }
    threads.joinAll()
    let failure = try #require(stream.finalFailure)
    #expect([.connectionReset, .brokenPipe].contains(failure.errno))
    #expect(failure.call == path.method.rawValue)
  }

  @Test(
    "Each call without a pattern sends the pattern's beginning, whole blocks and rests", arguments: SentPath.permitted)
  func sendsOneBlock(path: SentPath) throws {
    let pair = try StreamPair()
    let length = 10_000
    let plan = try path.plan(length: length, followsPattern: false, quota: SendQuota(bytes: 25_000))
    let stream = SendStream(id: 1, socket: pair.near, cpu: nil, plan: plan)
    var threads = ThreadList()
    threads.append(try stream.start())
    let block = Pattern().bytes(at: 0, count: length)
    var received: [UInt8] = []
    try eventually("25000 bytes arrive") {
      if case .bytes(let bytes) = pair.far.receive(atMost: 1 << 16) { received += bytes }
      return received.count == 25_000
    }
    threads.joinAll()
    #expect(Array(received.prefix(length)) == block)
    #expect(received.count == 25_000)
  }

  @Test(
    "Over loopback the kernel says it copied, and a probing stream goes on with write",
    arguments: SentPath.permitted.filter(\.isProbing))
  func probing(path: SentPath) throws {
    let total: UInt64 = 20_000_000
    let pair = try StreamPair()
    let stream = SendStream(
      id: 1, socket: pair.near, cpu: nil, plan: try path.plan(length: 65_536, quota: SendQuota(bytes: total)))
    var threads = ThreadList()
    threads.append(try stream.start())
    var reader = PatternReader(pair.far)
    try eventually("everything arrives") { try reader.take(atMost: 1 << 20) && reader.count == total }
    threads.joinAll()
    let account = try #require(stream.finalResult.account)
    #expect(account.notified > 0)
    #expect(account.notifiedCopied == account.notified)
    #expect(account.copiedByCalls > 0)
    #expect(account.reasonToWrite?.contains("copied") == true)
  }

  /// A path whose kernel takes everything at once and says what the test wants it to say.
  private struct ScriptedPath: NotifiedSendPath, ~Copyable {
    nonisolated(unsafe) static var copies = false
    nonisolated(unsafe) static var answer: Int32?
    private var ledger = NotificationLedger()

    init(_ payload: Payload, to socket: Socket) {}

    mutating func send(at offset: UInt64, count: Int) -> Int {
      if let answer = ScriptedPath.answer { return -Int(answer) }
      ledger.add(count)
      ledger.settle(ledger.next &- 1, ledger.next &- 1, wasCopied: ScriptedPath.copies)
      return count
    }

    var isIdle: Bool { true }
    var account: SendAccount? { ledger.account }
  }

  @Test("A probing stream stays while nothing is copied, leaves when it is, and when the kernel refuses to send so")
  func verdicts() throws {
    let pair = try StreamPair()
    let payload = Payload(pattern: Pattern(), followsPattern: true, length: 100, file: nil)
    func account(copies: Bool, answer: Int32?) throws -> SendAccount {
      ScriptedPath.copies = copies
      ScriptedPath.answer = answer
      var path = try ProbingSend<ScriptedPath>(payload, to: pair.near)
      for _ in 0..<20 {
        let sent = path.send(at: 0, count: 100)
        #expect(sent == 100)
      }
      let account = path.account
      return try #require(account)
    }
    let staying = try account(copies: false, answer: nil)
    #expect(staying.zeroCopied == 2000)
    #expect(staying.reasonToWrite == nil)
    let leaving = try account(copies: true, answer: nil)
    #expect([leaving.copied, leaving.copiedByCalls] == [800, 1200])
    #expect(leaving.reasonToWrite == "the kernel says it copied 8 of the first 8 sends")
    for errno in [EOPNOTSUPP, EPERM, EINVAL, ENOMEM] {
      let refused = try account(copies: false, answer: errno)
      #expect(refused.copiedByCalls == 2000)
      #expect(refused.reasonToWrite?.contains("refused") == true)
    }
  }

  @Test("An error of the connection is the stream's own, not a reason to try another way")
  func connectionErrors() throws {
    let pair = try StreamPair()
    let payload = Payload(pattern: Pattern(), followsPattern: true, length: 100, file: nil)
    ScriptedPath.answer = ECONNRESET
    var path = try ProbingSend<ScriptedPath>(payload, to: pair.near)
    let sent = path.send(at: 0, count: 100)
    let account = path.account
    #expect(sent == -Int(ECONNRESET))
    #expect(account?.reasonToWrite == nil)
  }
}
