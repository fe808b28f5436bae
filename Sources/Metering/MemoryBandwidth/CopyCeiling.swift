import CLinux
import Linux
import Synchronization
import SystemPackage

/// How fast this machine copies memory: what no receive path that copies can go beyond.
public struct CopyCeiling: Sendable, Equatable {
  public var threads: Int
  /// Bytes copied a second in each repetition, ascending: each byte is read once and written once.
  public var rates: [Double]
  /// What the memory's counters counted over all repetitions, pauses between them included; nil without a meter, or where
  /// it gave no figure.
  public var traffic: MemoryTraffic?
  /// Bytes copied in all repetitions.
  public var copied: UInt64

  public init(threads: Int, rates: [Double], traffic: MemoryTraffic? = nil, copied: UInt64) {
    self.threads = threads
    self.rates = rates
    self.traffic = traffic
    self.copied = copied
  }

  /// The middle of the rates; the lower of two middles.
  public var median: Double { rates.isEmpty ? 0 : rates[(rates.count - 1) / 2] }

  /// Copies a block on each CPU of `cpus` at once, with memcpy(3), in threads bound to them; each thread has touched its
  /// memory first, so that it lies on its node.
  /// - Parameters:
  ///   - cpus: at least one.
  ///   - blockSize: bytes each thread copies in a repetition; it takes twice as much memory.
  /// - Throws: what the kernel refused a thread or its memory with.
  public static func measure(
    cpus: [Int], blockSize: Int, repetitions: Int, meter: MemoryBandwidthMeter? = nil
  ) throws(SystemCallError) -> CopyCeiling {
    let run = Run(threads: cpus.count, blockSize: blockSize)
    var threads = ThreadList()
    var started = 0
    for (index, cpu) in cpus.enumerated() where run.failure == nil {
      do throws(SystemCallError) {
        threads.append(
          try PinnedThread(name: "copy-\(index)", cpu: cpu) { refusal in run.copy(index, refusal: refusal) })
        started += 1
      } catch {
        run.note(error)
      }
    }
    run.waitForAll(started)
    let before = meter?.sample()
    var rates: [Double] = []
    if run.failure == nil {
      for _ in 0..<repetitions {
        run.begin(started)
        run.waitForAll(started)
        rates.append(run.rate)
      }
    }
    let after = meter?.sample()
    run.end()
    run.begin(started)
    threads.joinAll()
    if let failure = run.failure { throw failure }
    var traffic: MemoryTraffic?
    if let meter, let before, let after { traffic = try? meter.traffic(from: before, to: after).get() }
    return CopyCeiling(
      threads: cpus.count, rates: rates.sorted(), traffic: traffic,
      copied: UInt64(blockSize) * UInt64(cpus.count) * UInt64(repetitions))
  }

  /// What the threads of a measurement share.
  private final class Run: Sendable {
    private let blockSize: Int
    private let arrivals = ThreadSemaphore()
    /// One for each thread, so that none takes two turns while another has not woken.
    private let turns: [ThreadSemaphore]
    private let isOver = Atomic(false)
    private let spans: Mutex<[(start: MonotonicTime, end: MonotonicTime)]>
    private let refusals = Mutex<[SystemCallError]>([])

    init(threads: Int, blockSize: Int) {
      self.blockSize = blockSize
      turns = (0..<threads).map { _ in ThreadSemaphore() }
      let now = MonotonicTime.now()
      spans = Mutex(Array(repeating: (now, now), count: threads))
    }

    var failure: SystemCallError? { refusals.withLock { $0.first } }

    func note(_ refusal: SystemCallError) { refusals.withLock { $0.append(refusal) } }

    /// Waits until `count` threads have come to the end of what they were at.
    func waitForAll(_ count: Int) {
      for _ in 0..<count { arrivals.wait() }
    }

    func begin(_ count: Int) {
      for turn in turns.prefix(count) { turn.signal() }
    }

    func end() { isOver.store(true, ordering: .relaxed) }

    /// Bytes a second of the last turn: of all threads, from the first one's begin to the last one's end.
    var rate: Double {
      spans.withLock { spans in
        guard let start = spans.map(\.start).min(), let end = spans.map(\.end).max() else { return 0 }
        return Double(blockSize) * Double(spans.count) / max(1e-9, end.seconds(since: start))
      }
    }

    func copy(_ index: Int, refusal: SystemCallError?) {
      if let refusal { note(refusal) }
      var blocks = zb_copy_blocks()
      let made = zb_make_copy_blocks(&blocks, blockSize)
      if made < 0 {
        note(
          SystemCallError(
            attempt: "get two blocks of \(blockSize) bytes to copy", call: "mmap", errno: Errno(rawValue: -made),
            advice: "take a smaller --size"))
      }
      defer { zb_free_copy_blocks(&blocks) }
      while true {
        arrivals.signal()
        turns[index].wait()
        if isOver.load(ordering: .relaxed) { return }
        let start = MonotonicTime.now()
        zb_copy_block(&blocks)
        let end = MonotonicTime.now()
        spans.withLock { $0[index] = (start, end) }
      }
    }
  }
}
