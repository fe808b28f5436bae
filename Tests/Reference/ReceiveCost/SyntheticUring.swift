import CKernelABI

/// A completion ring in plain memory, filled as the kernel fills one whose receives use provided buffers: each batch uses
/// every buffer once, in order, in pieces of one buffer to eight.
final class SyntheticUring {
  static let flows = 16
  static let buffers = 16
  static let bufferLength = 32_768
  static let slots: UInt32 = 4096

  let entries = UnsafeMutablePointer<zb_cqe>.allocate(capacity: Int(SyntheticUring.slots))
  private(set) var head: UInt32 = 0
  private(set) var tail: UInt32 = 0
  private(set) var completions: UInt64 = 0
  private var random: UInt64 = 1

  init() {
    entries.initialize(repeating: zb_cqe(), count: Int(Self.slots))
  }

  private func nextRandom(below limit: Int) -> Int {
    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(random >> 33) % limit
  }

  /// Shows the next batch of completions.
  func showBatch() {
    head = tail
    var buffer = 0
    while buffer < Self.buffers {
      // Most are of one buffer: a stream's bytes come as they arrive, and a bundle is what had gathered.
      let wanted = nextRandom(below: 4) == 0 ? nextRandom(below: 8) + 1 : 1
      let count = min(wanted, Self.buffers - buffer)
      let size = (count - 1) * Self.bufferLength + nextRandom(below: Self.bufferLength) + 1
      entries[Int(tail & (Self.slots - 1))] = zb_cqe(
        user_data: UInt64(nextRandom(below: Self.flows)), res: Int32(size),
        flags: ZB_IORING_CQE_F_MORE | ZB_IORING_CQE_F_BUFFER | UInt32(buffer) << ZB_IORING_CQE_BUFFER_SHIFT)
      buffer += count
      tail &+= 1
      completions &+= 1
    }
  }
}
