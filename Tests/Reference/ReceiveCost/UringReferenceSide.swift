import CReceiveLoop

/// The same in C.
struct UringReferenceSide: ~Copyable {
  private let kernel: SyntheticUring
  private let flows: UnsafeMutablePointer<reference_flow>
  private var tallies = reference_uring_tallies()
  private var buffers = reference_buffers()

  init(_ kernel: SyntheticUring) {
    self.kernel = kernel
    flows = ReferenceSide.makeFlows(SyntheticUring.flows)
    tallies.sizes = .allocate(capacity: REFERENCE_SIZE_CLASSES)
    tallies.sizes.initialize(repeating: 0, count: REFERENCE_SIZE_CLASSES)
    tallies.least = .max
    buffers.entries = .allocate(capacity: SyntheticUring.buffers)
    buffers.entries.initialize(
      repeating: zb_buf(addr: 0, len: UInt32(SyntheticUring.bufferLength), bid: 0, resv: 0),
      count: SyntheticUring.buffers)
    buffers.mask = UInt16(SyntheticUring.buffers - 1)
    buffers.tail = UInt16(SyntheticUring.buffers)
    buffers.length = UInt32(SyntheticUring.bufferLength)
  }

  deinit {
    ReferenceSide.destroy(flows, SyntheticUring.flows)
    tallies.sizes.deallocate()
    buffers.entries.deallocate()
  }

  @inline(never)
  mutating func measuredBatch() {
    var batch = reference_batch(
      entries: kernel.entries, mask: SyntheticUring.slots - 1, head: kernel.head, tail: kernel.tail, is_mixed: false)
    var other = zb_cqe()
    guard
      !reference_uring_receive(&tallies, &batch, flows, UInt64(SyntheticUring.flows), &buffers, &other)
    else { fatalError("a completion was not taken for bytes") }
    reference_uring_publish(&buffers)
  }

  var account: Account {
    var account = Account(completions: kernel.completions, bytes: 0, proven: 0)
    for place in 0..<SyntheticUring.flows {
      let bytes = flows[place].counters.pointee.bytes
      account.bytes &+= bytes
      account.add(bytes)
    }
    account.add(UInt64(buffers.entries[0].resv))
    for place in 0..<REFERENCE_SIZE_CLASSES { account.add(tallies.sizes[place], at: place) }
    return account
  }
}
