/// Sizes of a zero-copy queue that an ordinary run does not exhaust, worked out from what feeds it.
struct ZeroCopySizing: Sendable, Equatable {
  /// Streams a queue is made for unless told otherwise; more share the same memory, and then it may run out and be refilled.
  static let streams = 16
  /// Buffers a page pool keeps in its cache (include/net/page_pool/types.h, PP_ALLOC_CACHE_SIZE).
  static let poolCache = 128
  /// Buffers that the copy of one packet takes at most: a page each (include/linux/skbuff.h, MAX_SKB_FRAGS).
  static let copy = 17
  /// The kernel's limits (io_uring/zcrx.c, IO_RQ_MAX_ENTRIES; io_uring.c, IORING_MAX_CQ_ENTRIES).
  static let mostRefillEntries: UInt32 = 32_768
  static let mostCompletionEntries: UInt32 = 65_536
  /// Linux 7.1 and older refuse more.
  static let largestArea = 1 << 30

  let areaBytes: Int
  let refillEntries: UInt32
  let completionEntries: UInt32

  /// - Parameters:
  ///   - bufferBytes: of one buffer, a power of two.
  ///   - socketBuffer: bytes a socket may hold at most (tcp_rmem[2] or twice SO_RCVBUF).
  ///   - receiveRing: descriptors of the interface's queue, each of which holds a buffer; 0 without a device.
  ///   - largestArea: bytes; a kind of memory may have a limit below the kernel's.
  ///   - mixed: on a mixed ring a completion with bytes takes two entries.
  ///   - area, refill, completions: as asked for; nil computes them.
  init(
    bufferBytes: Int, socketBuffer: Int, receiveRing: Int, largestArea: Int? = nil, mixed: Bool = false,
    area: Int? = nil, refill: UInt32? = nil, completions: UInt32? = nil
  ) {
    let fed = ZeroCopySizing.streams * socketBuffer + (receiveRing + ZeroCopySizing.poolCache) * bufferBytes
    let granule = 2 << 20
    // A quarter more, for pieces that have to be copied while everything else is in use.
    let computed = (fed + fed / 4 + granule - 1) / granule * granule
    areaBytes = area ?? min(computed, largestArea ?? .max, ZeroCopySizing.largestArea)
    let buffers = UInt32(clamping: areaBytes / bufferBytes)
    refillEntries = refill ?? min(Self.roundedUp(buffers), Self.mostRefillEntries)
    // One buffer may bring several completions, and each is returned by itself.
    let slots = min(Self.roundedUp(buffers), Self.mostCompletionEntries) * (mixed ? 2 : 1)
    completionEntries = completions ?? min(max(slots, 64), Self.mostCompletionEntries)
  }

  /// Bytes of an area of which something is left to copy into once ring and page pool have all they can hold.
  static func least(bufferBytes: Int, receiveRing: Int) -> Int { (receiveRing + poolCache + copy) * bufferBytes }

  private static func roundedUp(_ count: UInt32) -> UInt32 {
    count <= 1 ? 1 : count > 1 << 31 ? 1 << 31 : 1 << (32 - UInt32((count - 1).leadingZeroBitCount))
  }
}
