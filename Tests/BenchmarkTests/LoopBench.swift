import CKernelABI
import Linux
import Synchronization
import SystemPackage
import Testing

@testable import Benchmark
@testable import Uring

/// A zero-copy worker's loop whose queue no kernel knows: submissions stay where they are, completions are made up.
final class LoopBench {
  var loop: ZeroCopyLoop
  let tally = RingTally()
  let flowEnded: EventDescriptor
  private let posted = Posted()

  private final class Posted: Sendable {
    let news = Mutex<[ZeroCopyNews]>([])
  }

  /// Nil where the kernel has no rings of the kind.
  static func isPossible() -> Bool {
    do throws(SystemCallError) {
      _ = try Ring(entries: 8, options: .zeroCopyReceive)
      return true
    } catch {
      return false
    }
  }

  /// - Parameter isStrict: as if the area were a dma-buf.
  init(isStrict: Bool = false, areaBytes: Int = 64 * 4096, refillEntries: UInt32 = 64) throws {
    flowEnded = try EventDescriptor()
    let wake = try EventDescriptor()
    loop = ZeroCopyLoop(
      try Self.queue(isStrict, areaBytes, refillEntries), wake: wake, flowEnded: flowEnded, tally: tally
    ) { [posted] news in
      posted.news.withLock { $0.append(news) }
    }
  }

  static func queue(_ isStrict: Bool, _ areaBytes: Int, _ refillEntries: UInt32) throws -> ZeroCopyRing {
    let ring = try Ring(entries: 256, options: .zeroCopyReceive)
    let options = ZeroCopyQueueOptions(
      source: .device(interfaceIndex: 1, queue: 0), refillEntries: refillEntries,
      areaKind: isStrict ? .dmabuf : .pages, areaSize: areaBytes)
    let regionSize = RefillRegion.size(entries: refillEntries)
    var registration = ZeroCopyRegistration()
    registration.queue.rq_entries = refillEntries
    registration.queue.offsets.tail = 64
    registration.queue.offsets.rqes = 128
    let queue = ZeroCopyQueue(
      options, area: try ZeroCopyArea(.pages, size: areaBytes),
      region: RefillRegion(memory: try .anonymous(size: regionSize)), regionSize: regionSize, registration,
      RegistrationLadder.Attempt(events: false, bufferLength: 0), [], ringDescriptor: ring.descriptor)
    return ZeroCopyRing(ring: ring, queue: queue)
  }

  func takeNews() -> [ZeroCopyNews] {
    posted.news.withLock { news in
      defer { news = [] }
      return news
    }
  }

  /// RECV_ZC of a flow ends with `errno`, or with the stream when it is nil; then the loop sees to it.
  func end(_ place: Int = 0, _ errno: Errno? = nil) throws(SystemCallError) {
    let entry = zb_cqe(user_data: UInt64(place), res: -(errno?.rawValue ?? 0), flags: 0)
    loop.takeEnd(Completion(entry), at: place)
    if loop.needsAttention {
      loop.needsAttention = false
      try loop.attend()
    }
  }

  func state(_ place: Int = 0) -> ZeroCopyFlow.State { loop.places[place].state }
}
