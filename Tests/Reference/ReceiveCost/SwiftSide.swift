import Benchmark
import Uring

/// The server's own hot loop on a synthetic ring.
struct SwiftSide: ~Copyable {
  private let kernel: SyntheticKernel
  private let flows: UnsafeMutablePointer<ZeroCopyFlow>
  private var intake: ZeroCopyIntake
  private var refill: RefillRing

  init(_ kernel: SyntheticKernel) {
    self.kernel = kernel
    flows = .allocate(capacity: SyntheticKernel.flows)
    for place in 0..<SyntheticKernel.flows {
      (flows + place).initialize(to: ZeroCopyFlow(counters: FlowCounters.make(), descriptor: -1))
    }
    intake = ZeroCopyIntake(
      areaStart: UnsafeRawPointer(kernel.entries), bufferLength: SyntheticKernel.bufferLength,
      page: SyntheticKernel.page)
    refill = RefillRing(
      head: kernel.refillHead, tail: kernel.refillTail, entries: kernel.refillEntries,
      capacity: SyntheticKernel.refillSlots,
      areaSize: SyntheticKernel.buffers * Int(SyntheticKernel.bufferLength),
      bufferLength: SyntheticKernel.bufferLength, areaToken: SyntheticKernel.areaToken)
  }

  deinit {
    for place in 0..<SyntheticKernel.flows { FlowCounters.destroy(flows[place].counters) }
    flows.deallocate()
  }

  /// Receives one batch. Callgrind counts in functions of this kind of name (Tests/Reference/test_cost.py).
  @inline(never)
  mutating func measuredBatch() {
    receiveBatch()
  }

  /// What must not pass for frugal: an allocation for every batch.
  @inline(never)
  mutating func measuredWastefulBatch() {
    receiveBatch()
    waste = [intake.bytes]
  }

  @inline(__always)
  private mutating func receiveBatch() {
    var batch = CompletionBatch(
      entries: kernel.entries, mask: SyntheticKernel.slots - 1, format: kernel.isMixed ? .mixed : .wide,
      head: kernel.head, tail: kernel.tail)
    guard intake.take(&batch, for: flows, count: SyntheticKernel.flows, returningTo: &refill) == nil else {
      fatalError("a completion was not taken for data")
    }
    refill.publish()
  }

  private var waste: [UInt64] = []

  var account: Account {
    var account = Account(completions: intake.completions, bytes: intake.bytes, proven: intake.proven)
    for place in 0..<SyntheticKernel.flows {
      let counters = flows[place].counters
      account.add(counters.pointee.bytes.load(ordering: .relaxed))
      account.add(counters.pointee.proven.load(ordering: .relaxed))
    }
    for size in 0...CompletionSizes.largest { account.add(intake.sizes.counts[size]) }
    account.add(refill.returned)
    precondition(waste.count <= 1, "waste that nobody looked at might not be made")
    return account
  }
}
