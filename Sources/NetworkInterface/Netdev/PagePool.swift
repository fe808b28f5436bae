import CKernelABI
import Linux

/// One page pool: where a receive queue takes its buffers from (page-pool-get of family "netdev").
public struct PagePoolState: Sendable, Equatable {
  public var id: UInt64
  /// Nil once its interface has gone while memory of it is still out.
  public var interfaceIndex: UInt32?
  /// The NAPI instance that uses it; nil where none does.
  public var napi: UInt32?
  /// Pages that are out: in rings, sockets, caches.
  public var inFlight: UInt64?
  /// Bytes of them.
  public var inFlightBytes: UInt64?
  /// When its driver let go of it, in seconds since boot; nil while it is in use.
  public var detachSeconds: UInt64?
  /// Id of the dma-buf binding that provides its memory.
  public var dmaBuffer: UInt32?
  /// Whether an io_uring provides its memory.
  public var isRingProvided: Bool

  public init(id: UInt64, isRingProvided: Bool = false) {
    self.id = id
    self.isRingProvided = isRingProvided
  }
}

/// How a page pool got and gave back pages since it was made (page-pool-stats-get; kernels built with
/// CONFIG_PAGE_POOL_STATS). Pages of a memory provider do not count as slow allocations (Linux 7.3).
public struct PagePoolStatistics: Sendable, Equatable {
  public var pool: UInt64
  public var interfaceIndex: UInt32?
  public var fastAllocations: UInt64
  public var slowAllocations: UInt64
  public var slowHighOrderAllocations: UInt64
  /// The pool's ring was empty when a page was wanted.
  public var emptyRing: UInt64
  public var refills: UInt64
  /// Pages that could not be used again, of another NUMA node.
  public var waived: UInt64
  public var recycledToCache: UInt64
  public var cacheFull: UInt64
  public var recycledToRing: UInt64
  public var ringFull: UInt64
  /// Pages given up because somebody else still held them.
  public var releasedInUse: UInt64
}

extension NetdevSocket {
  /// Reads the page pools of an interface; the kernel tells those of all interfaces at once.
  public mutating func pagePools(of interface: UInt32) throws(SystemCallError) -> [PagePoolState] {
    try ask(Int32(ZB_NETDEV_CMD_PAGE_POOL_GET), "NETDEV_CMD_PAGE_POOL_GET", to: "read the page pools", all: true)
      .compactMap(PagePoolState.init).filter { $0.interfaceIndex == interface }
  }

  /// Reads their counters.
  public mutating func pagePoolStatistics(of interface: UInt32) throws(SystemCallError) -> [PagePoolStatistics] {
    try ask(
      Int32(ZB_NETDEV_CMD_PAGE_POOL_STATS_GET), "NETDEV_CMD_PAGE_POOL_STATS_GET",
      to: "read the page pools' counters", all: true
    ).compactMap(PagePoolStatistics.init).filter { $0.interfaceIndex == interface }
  }
}

extension PagePoolState {
  init?(_ attributes: NetlinkAttributes) {
    guard let id = attributes.number(Int(ZB_NETDEV_A_PAGE_POOL_ID)) else { return nil }
    self.init(id: id, isRingProvided: attributes.has(Int(ZB_NETDEV_A_PAGE_POOL_IO_URING)))
    interfaceIndex = attributes.identifier(Int(ZB_NETDEV_A_PAGE_POOL_IFINDEX))
    napi = attributes.identifier(Int(ZB_NETDEV_A_PAGE_POOL_NAPI_ID))
    inFlight = attributes.number(Int(ZB_NETDEV_A_PAGE_POOL_INFLIGHT))
    inFlightBytes = attributes.number(Int(ZB_NETDEV_A_PAGE_POOL_INFLIGHT_MEM))
    detachSeconds = attributes.number(Int(ZB_NETDEV_A_PAGE_POOL_DETACH_TIME))
    dmaBuffer = attributes.identifier(Int(ZB_NETDEV_A_PAGE_POOL_DMABUF))
  }
}

extension PagePoolStatistics {
  init?(_ attributes: NetlinkAttributes) {
    let info = attributes.nested(Int(ZB_NETDEV_A_PAGE_POOL_STATS_INFO))
    guard let pool = info?.number(Int(ZB_NETDEV_A_PAGE_POOL_ID)) else { return nil }
    func count(_ attribute: Int32) -> UInt64 { attributes.number(Int(attribute)) ?? 0 }
    self.pool = pool
    interfaceIndex = info?.identifier(Int(ZB_NETDEV_A_PAGE_POOL_IFINDEX))
    fastAllocations = count(ZB_NETDEV_A_PAGE_POOL_STATS_ALLOC_FAST)
    slowAllocations = count(ZB_NETDEV_A_PAGE_POOL_STATS_ALLOC_SLOW)
    slowHighOrderAllocations = count(ZB_NETDEV_A_PAGE_POOL_STATS_ALLOC_SLOW_HIGH_ORDER)
    emptyRing = count(ZB_NETDEV_A_PAGE_POOL_STATS_ALLOC_EMPTY)
    refills = count(ZB_NETDEV_A_PAGE_POOL_STATS_ALLOC_REFILL)
    waived = count(ZB_NETDEV_A_PAGE_POOL_STATS_ALLOC_WAIVE)
    recycledToCache = count(ZB_NETDEV_A_PAGE_POOL_STATS_RECYCLE_CACHED)
    cacheFull = count(ZB_NETDEV_A_PAGE_POOL_STATS_RECYCLE_CACHE_FULL)
    recycledToRing = count(ZB_NETDEV_A_PAGE_POOL_STATS_RECYCLE_RING)
    ringFull = count(ZB_NETDEV_A_PAGE_POOL_STATS_RECYCLE_RING_FULL)
    releasedInUse = count(ZB_NETDEV_A_PAGE_POOL_STATS_RECYCLE_RELEASED_REFCNT)
  }
}
