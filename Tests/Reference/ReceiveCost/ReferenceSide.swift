import CReceiveLoop

/// The same in C.
struct ReferenceSide: ~Copyable {
  private let kernel: SyntheticKernel
  private let flows: UnsafeMutablePointer<reference_flow>
  private var intake = reference_intake()
  private var refill = reference_refill()

  init(_ kernel: SyntheticKernel) {
    self.kernel = kernel
    flows = Self.makeFlows(SyntheticKernel.flows)
    intake.sizes = .allocate(capacity: REFERENCE_LARGEST_SIZE + 1)
    intake.sizes.initialize(repeating: 0, count: REFERENCE_LARGEST_SIZE + 1)
    intake.inside_buffer = UInt64(SyntheticKernel.bufferLength) - 1
    intake.page = UInt64(SyntheticKernel.page)
    refill.kernel_head = UnsafePointer(kernel.refillHead)
    refill.kernel_tail = kernel.refillTail
    refill.entries = kernel.refillEntries
    refill.mask = SyntheticKernel.refillSlots - 1
    refill.buffer_shift = UInt32(SyntheticKernel.bufferLength.trailingZeroBitCount)
    refill.waiting_by_buffer = .allocate(capacity: SyntheticKernel.buffers)
    refill.waiting_by_buffer.initialize(repeating: 0, count: SyntheticKernel.buffers)
  }

  deinit {
    Self.destroy(flows, SyntheticKernel.flows)
    intake.sizes.deallocate()
    refill.waiting_by_buffer.deallocate()
  }

  static func makeFlows(_ count: Int) -> UnsafeMutablePointer<reference_flow> {
    let flows = UnsafeMutablePointer<reference_flow>.allocate(capacity: count)
    for place in 0..<count {
      let counters = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 128)
        .bindMemory(to: reference_counters.self, capacity: 1)
      counters.initialize(to: reference_counters())
      (flows + place).initialize(to: reference_flow(counters: counters, rest: (0, 0, 0, 0, 0)))
    }
    return flows
  }

  static func destroy(_ flows: UnsafeMutablePointer<reference_flow>, _ count: Int) {
    for place in 0..<count { flows[place].counters.deallocate() }
    flows.deallocate()
  }

  @inline(never)
  mutating func measuredBatch() {
    var batch = reference_batch(
      entries: kernel.entries, mask: SyntheticKernel.slots - 1, head: kernel.head, tail: kernel.tail,
      is_mixed: kernel.isMixed)
    var other = zb_cqe()
    guard !reference_receive(&intake, &batch, flows, UInt64(SyntheticKernel.flows), &refill, &other) else {
      fatalError("a completion was not taken for data")
    }
    reference_publish(&refill)
  }

  var account: Account {
    var account = Account(completions: intake.completions, bytes: intake.bytes, proven: intake.proven)
    for place in 0..<SyntheticKernel.flows {
      account.add(flows[place].counters.pointee.bytes)
      account.add(flows[place].counters.pointee.proven)
    }
    for size in 0...REFERENCE_LARGEST_SIZE { account.add(intake.sizes[size]) }
    account.add(refill.written + refill.waiting)
    return account
  }
}
