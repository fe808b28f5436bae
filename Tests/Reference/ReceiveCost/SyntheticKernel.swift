import CKernelABI

/// A completion ring, a refill ring and their words in plain memory. The completions are written once and shown again and
/// again, a batch at a time; every buffer given back is taken at once.
final class SyntheticKernel {
  static let flows = 16
  static let buffers = 4096
  static let bufferLength: UInt32 = 4096
  static let page = 4096
  static let areaToken: UInt64 = 3 << 48
  static let slots: UInt32 = 4096
  static let refillSlots: UInt32 = 1024
  /// Completions shown at once.
  static let batch: UInt32 = 64

  let isMixed: Bool
  let entries: UnsafeMutablePointer<zb_cqe>
  private(set) var head: UInt32
  private(set) var tail: UInt32
  let refillHead = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
  let refillTail = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
  let refillEntries = UnsafeMutablePointer<zb_zcrx_rqe>.allocate(capacity: Int(refillSlots))
  /// Of everything given back, in its order.
  private(set) var refillDigest: UInt64 = 0
  private var random: UInt64 = 1

  init(isMixed: Bool) {
    self.isMixed = isMixed
    let count = Int(Self.slots) * (isMixed ? 1 : 2)
    entries = .allocate(capacity: count)
    entries.initialize(repeating: zb_cqe(), count: count)
    refillHead.initialize(to: 0)
    refillTail.initialize(to: 0)
    refillEntries.initialize(repeating: zb_zcrx_rqe(), count: Int(Self.refillSlots))
    // On a mixed ring completions begin at odd slots, so that the last one and the first are left to fillers: a batch that
    // ends there has one completion less.
    head = isMixed ? 1 : 0
    tail = head
    if isMixed {
      entries[0] = filler
      for slot in stride(from: 1, to: count - 1, by: 2) { write(at: slot) }
      entries[count - 1] = filler
    } else {
      for slot in stride(from: 0, to: count, by: 2) { write(at: slot) }
    }
  }

  private var filler: zb_cqe { zb_cqe(user_data: 0, res: 0, flags: ZB_IORING_CQE_F_SKIP) }

  /// A data completion like those of real runs: segments at any offset, whole buffers, and now and then a long one.
  private func write(at slot: Int) {
    let buffer = UInt64(nextRandom(below: Self.buffers)) * UInt64(Self.bufferLength)
    let (size, inside): (Int, Int) =
      switch nextRandom(below: 8) {
      case 0: (Self.page, 0)
      case 1: (nextRandom(below: 100_000) + 1, 0)
      case 2: (nextRandom(below: 1448) + 1, 0)
      default: (1448, 128)
      }
    entries[slot] = zb_cqe(
      user_data: UInt64(nextRandom(below: Self.flows)), res: Int32(size),
      flags: ZB_IORING_CQE_F_MORE | (isMixed ? ZB_IORING_CQE_F_32 : 0))
    UnsafeMutableRawPointer(entries + slot + 1).storeBytes(
      of: zb_zcrx_cqe(off: Self.areaToken | buffer | UInt64(inside), pad: 0), as: zb_zcrx_cqe.self)
  }

  private func nextRandom(below limit: Int) -> Int {
    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(random >> 33) % limit
  }

  /// Shows the next batch of completions.
  func showBatch() {
    head = tail
    tail &+= Self.batch &* (isMixed ? 2 : 1)
  }

  /// Takes what was given back.
  func takeRefill() {
    while refillHead.pointee != refillTail.pointee {
      let entry = refillEntries[Int(refillHead.pointee & (Self.refillSlots - 1))]
      refillDigest = (refillDigest ^ entry.off) &* 0x100_0000_01B3
      refillHead.pointee &+= 1
    }
  }
}
