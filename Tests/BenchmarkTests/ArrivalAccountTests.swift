import Linux
import NetworkInterface
import SystemPackage
import Testing

@testable import Benchmark

@Suite("Where packets came in, as kernel and driver tell it")
struct ArrivalAccountTests {
  /// Three queues with NAPIs 100, 101 and 102, of which 1 and 2 are ours. Constructed.
  private func reading(_ bytes: [UInt64], bound: Set<Int> = [1, 2], pooled: Set<Int> = [1, 2]) -> ArrivalReading {
    ArrivalReading(
      queues: .known(
        (0..<3).map { queue in
          QueueState(
            interfaceIndex: 4, number: queue, napi: UInt32(100 + queue), ring: bound.contains(queue) ? .init() : nil)
        }),
      pools: .known(
        (0..<3).flatMap { queue in
          [false, true].map { isRing in
            var pool = PagePoolState(id: UInt64(2 * queue + 1), isRingProvided: isRing && pooled.contains(queue))
            pool.napi = UInt32(100 + queue)
            return pool
          }
        }),
      counters: .known(
        bytes.enumerated().map { queue, bytes in
          QueueStatistics(
            queue: queue, direction: .receive, counters: [.receivedBytes: bytes, .receivedPackets: bytes / 1000])
        }))
  }

  private func account(_ begin: ArrivalReading, _ end: ArrivalReading) -> ArrivalAccount {
    ArrivalAccount(begin: begin, end: end, queues: [1, 2])
  }

  private func claims(_ bytes: [Int: UInt64]) -> [ArrivalAccount.Claim] {
    bytes.sorted { $0.key < $1.key }.map { ArrivalAccount.Claim(queue: $0.key, bytes: $0.value) }
  }

  @Test("Each queue of ours has its provider at both moments and what it counted between them")
  func report() {
    let report = account(reading([10, 1000, 2000]), reading([5010, 11_000, 2000], bound: [1], pooled: [2])).report
    #expect(report.queues.map(\.queue) == [1, 2])
    #expect(report.queues.map(\.boundAtBegin) == [true, true] && report.queues.map(\.boundAtEnd) == [true, false])
    #expect(report.queues.map(\.pooledAtBegin) == [true, true] && report.queues.map(\.pooledAtEnd) == [false, true])
    #expect(report.queues.map(\.bytes) == [10_000, 0] && report.queues.map(\.packets) == [10, 0])
    #expect(report.otherBytes == 5000 && report.otherPackets == 5 && report.absent == [])
  }

  @Test("What nobody tells is absent with its reason, and never 0")
  func absent() {
    var old = reading([])
    old.queues = .notOffered("NETDEV_CMD_QUEUE_GET")
    old.pools = .notOffered("NETDEV_CMD_PAGE_POOL_GET")
    old.counters = .refused(SystemCallError(attempt: "", call: "", errno: .notSupported))
    let report = account(old, old).report
    for queue in report.queues {
      #expect(queue.boundAtBegin == nil && queue.pooledAtEnd == nil && queue.bytes == nil && queue.packets == nil)
    }
    #expect(report.otherBytes == nil)
    #expect(
      report.absent == [
        "who has the queues: not offered by this kernel (NETDEV_CMD_QUEUE_GET)",
        "page pools: not offered by this kernel (NETDEV_CMD_PAGE_POOL_GET)",
        "queue counters: not supported by the driver",
      ])
    var without = reading([1, 1, 1])
    without.pools = .known([])
    #expect(account(without, without).report.absent == ["page pools: none names the queue's NAPI"])
  }

  @Test("Counters that began anew say nothing")
  func anew() {
    let account = account(reading([100, 100, 100]), reading([0, 5000, 100]))
    #expect(account.report.otherBytes == nil && account.report.queues[0].bytes == 4900)
    #expect(account.report.absent.count == 1)
    #expect(account.contradictions(claims([1: 1 << 20])) == [])
  }

  @Test("Counters and NAPIs that agree are no contradiction, whatever others add and the last moment lacks")
  func agreement() {
    let begin = reading([0, 0, 0])
    #expect(account(begin, reading([70_000, 105_000, 52_000])).contradictions(claims([1: 100_000, 2: 50_000])) == [])
    #expect(account(begin, reading([70_000, 91_000, 0])).contradictions(claims([1: 100_000])) == [])
    #expect(account(begin, reading([0, 0, 0])).contradictions([]) == [])
  }

  @Test("Counters that are late are no contradiction: nothing came in elsewhere")
  func late() {
    #expect(account(reading([0, 0, 0]), reading([500, 20_000, 0])).contradictions(claims([1: 100_000])) == [])
  }

  @Test("Payload that came in elsewhere than the NAPI says is named, with where")
  func contradiction() {
    let found = account(reading([0, 0, 0]), reading([1000, 40_000, 65_000])).contradictions(claims([1: 100_000]))
    #expect(
      found == [
        "queue 1 counted 40000 bytes, and streams whose last packet came in there brought 100000: the others came in "
          + "elsewhere (queue 2 counted 65000 more than its streams brought)"
      ])
    #expect(account(reading([0, 0, 0]), reading([105_000, 0, 0])).contradictions(claims([2: 100_000])).count == 1)
    #expect(account(reading([0, 0, 0]), reading([0, 105_000, 0])).contradictions(claims([0: 100_000])).count == 1)
  }
}
