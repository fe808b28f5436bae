import CKernelABI
import RingMemory
import Synchronization
import Testing
import Uring

@testable import Benchmark

/// The hot loop with everything it works on in plain memory.
final class IntakeBench {
  static let page = 4096
  static let token: UInt64 = 3 << 48

  let ring: CompletionRingMemory
  let refillMemory: RefillRingMemory
  var refill: RefillRing
  var intake: ZeroCopyIntake
  let area: UnsafeMutableRawBufferPointer
  let flows: UnsafeMutablePointer<ZeroCopyFlow>
  let count: Int

  /// - Parameter counter: where the ring's counters begin.
  init(
    _ format: CompletionBatch.Format = .wide, slots: UInt32 = 64, refillSlots: UInt32 = 64, flows count: Int = 3,
    bufferLength: UInt32 = 4096, buffers: Int = 64, pattern: Pattern? = nil, counter: UInt32 = 0
  ) {
    ring = CompletionRingMemory(format, slots: slots, counter: counter)
    refillMemory = RefillRingMemory(slots: refillSlots, counter: counter)
    refill = refillMemory.ring(buffers: buffers, bufferLength: bufferLength, areaToken: Self.token)
    area = .allocate(byteCount: buffers * Int(bufferLength), alignment: 4096)
    area.initializeMemory(as: UInt8.self, repeating: 0)
    intake = ZeroCopyIntake(areaStart: UnsafeRawPointer(area.baseAddress!), bufferLength: bufferLength, page: Self.page)
    intake.reset(verifying: pattern)
    self.count = count
    flows = .allocate(capacity: count)
    for place in 0..<count {
      (flows + place).initialize(to: ZeroCopyFlow(counters: FlowCounters.make(), descriptor: -1))
    }
  }

  deinit {
    for place in 0..<count { FlowCounters.destroy(flows[place].counters) }
    flows.deallocate()
    area.deallocate()
  }

  /// Posts a data completion; false when there is no room.
  @discardableResult
  func bring(_ size: Int, at offset: UInt64, to flow: Int = 0) -> Bool {
    ring.post(
      userData: CompletionTag.flow(flow).userData, result: Int32(size), offset: Self.token | offset,
      flags: ZB_IORING_CQE_F_MORE)
  }

  /// Takes a batch; what stopped it.
  func take() -> Completion? {
    var batch = ring.batch()
    let other = intake.take(&batch, for: flows, count: count, returningTo: &refill)
    ring.release(batch)
    refill.publish()
    return other
  }

  /// What the kernel got back, without the area's token.
  func returned() -> [UInt64?] {
    refillMemory.take(.max).map { $0.map { $0 ^ Self.token } }
  }

  func bytes(of flow: Int) -> UInt64 { flows[flow].counters.pointee.bytes.load(ordering: .relaxed) }
  func proven(of flow: Int) -> UInt64 { flows[flow].counters.pointee.proven.load(ordering: .relaxed) }
}
