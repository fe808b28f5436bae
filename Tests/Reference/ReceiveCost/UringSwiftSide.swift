import Benchmark
import Linux
import Uring

/// The hot loop of `uring` on a synthetic ring.
struct UringSwiftSide: ~Copyable {
  private let kernel: SyntheticUring
  private let flows: UnsafeMutablePointer<UringFlow>
  private var intake = UringIntake(verifying: nil)
  private var tallies = ReceiveTallies()
  private var buffers: ProvidedBufferRing
  private var waste: [UInt32] = []

  init(_ kernel: SyntheticUring) {
    self.kernel = kernel
    flows = .allocate(capacity: SyntheticUring.flows)
    for place in 0..<SyntheticUring.flows {
      (flows + place).initialize(to: UringFlow(counters: FlowCounters.make(), descriptor: -1))
    }
    do throws(SystemCallError) {
      buffers = try ProvidedBufferRing(
        count: SyntheticUring.buffers, length: SyntheticUring.bufferLength, group: 0, ringDescriptor: nil)
    } catch {
      fatalError("\(error)")
    }
  }

  deinit {
    for place in 0..<SyntheticUring.flows { FlowCounters.destroy(flows[place].counters) }
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
    waste = [kernel.tail]
  }

  @inline(__always)
  private mutating func receiveBatch() {
    var batch = CompletionBatch(
      entries: kernel.entries, mask: SyntheticUring.slots - 1, format: .narrow, head: kernel.head, tail: kernel.tail)
    guard
      intake.take(&batch, for: flows, count: SyntheticUring.flows, returningTo: &buffers, &tallies) == nil
    else { fatalError("a completion was not taken for bytes") }
    buffers.publish()
  }

  var account: Account {
    var account = Account(completions: kernel.completions, bytes: 0, proven: 0)
    for place in 0..<SyntheticUring.flows {
      let bytes = flows[place].counters.pointee.bytes.load(ordering: .relaxed)
      account.bytes &+= bytes
      account.add(bytes)
    }
    account.add(UInt64(buffers.entries[0].resv))
    for (place, count) in tallies.sizes.countsByPlace.enumerated() { account.add(count, at: place) }
    precondition(waste.count <= 1, "waste that nobody looked at might not be made")
    return account
  }
}
