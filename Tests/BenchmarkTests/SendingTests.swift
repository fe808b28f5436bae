import Glibc
import Linux
import Report
import Synchronization
import Testing

@testable import Benchmark

@Suite("Sending")
struct SendingTests {
  private let zero = MonotonicTime(nanoseconds: 7_000_000_000)

  @Test("A pacer lets go when the bytes sent so far are due, and sleeps 50 ms at most in one go")
  func pacerWaits() throws {
    var pacer = try #require(Pacer(bitsPerSecond: 8_000_000, burst: 1, start: zero))  // 1 byte a microsecond
    #expect(pacer.pause(sent: 0, now: zero) == 0)
    #expect(pacer.pause(sent: 10_000, now: zero) == 10_000_000)
    #expect(pacer.pause(sent: 10_000, now: zero.adding(seconds: 0.004)) == 6_000_000)
    #expect(pacer.pause(sent: 10_000, now: zero.adding(seconds: 0.010)) == 0)
    #expect(pacer.pause(sent: 1_000_000, now: zero) == 50_000_000)
  }

  @Test("A burst is over after its blocks, again and again, and none is endless")
  func pacerBursts() throws {
    var pacer = try #require(Pacer(bitsPerSecond: 1, burst: 3, start: zero))
    let ends = (0..<7).map { _ in pacer.endsBurst() }
    #expect(ends == [false, false, true, false, false, true, false])
    var single = try #require(Pacer(bitsPerSecond: 1, burst: 0, start: zero))
    #expect(single.endsBurst() == true)
    #expect(Pacer(bitsPerSecond: 0, burst: 1, start: zero) == nil)
  }

  @Test("The slowest rate with the largest burst is still a finite wait")
  func pacerExtremes() throws {
    var pacer = try #require(Pacer(bitsPerSecond: 1, burst: 1000, start: zero))
    #expect(pacer.pause(sent: 1000 << 20, now: zero) == 50_000_000)
    var fastest = try #require(Pacer(bitsPerSecond: .max, burst: 1, start: zero))
    #expect(fastest.pause(sent: 1 << 40, now: zero.adding(seconds: 1)) == 0)
  }

  @Test("Many threads take exactly the quota together, and nothing after it")
  func quotaIsExact() throws {
    let total: UInt64 = 5_000_000
    let quota = SendQuota(bytes: total)
    let taken = Atomic<UInt64>(0)
    let gate = Atomic<Int>(8)
    var threads = ThreadList()
    for _ in 0..<8 {
      threads.append(
        try PinnedThread(name: "taker", cpu: nil) { _ in
          // All begin together: threads that run one after the other would prove nothing.
          gate.subtract(1, ordering: .relaxed)
          while gate.load(ordering: .relaxed) > 0 {}
          var count = quota.take(3)
          while count > 0 {
            taken.add(UInt64(count), ordering: .relaxed)
            count = quota.take(3)
          }
        })
    }
    threads.joinAll()
    #expect(taken.load(ordering: .relaxed) == total)
    #expect(quota.take(1) == 0)
  }

  @Test("Without a limit a quota gives whatever is asked for; with one of zero, nothing")
  func quotaLimits() {
    let endless = SendQuota(bytes: nil)
    #expect((0..<3).map { _ in endless.take(1 << 20) } == [1 << 20, 1 << 20, 1 << 20])
    #expect(SendQuota(bytes: 0).take(1) == 0)
    #expect(SendQuota(bytes: .max).take(5) == 5)
  }

  @Test("The counted seconds begin before they can end, however late the omitted ones are seen to be over")
  func omissionBeforeEnd() throws {
    let pair = try LoopbackPair()
    var configuration = ClientConfiguration(host: "127.0.0.1", toolVersion: "0")
    configuration.end = .seconds(1)
    configuration.omit = 1
    let test = try SendTest(
      configuration, choice: SendChoice(named: .write), environment: .unknown, sockets: [(id: 1, socket: pair.near)],
      endpoints: (Endpoint(host: "", port: 0), Endpoint(host: "", port: 0), ""), changed: try EventDescriptor())
    let late = test.sampler.start.adding(seconds: 3)
    #expect(test.ending(at: late) == nil)
    #expect(test.takeDueSample(at: late)?.omitted == true)
    #expect(test.ending(at: late.adding(seconds: 0.99)) == nil)
    #expect(test.ending(at: late.adding(seconds: 1)) == .completed)
  }
}
