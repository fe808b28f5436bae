/// What the interface of the run counted while its seconds counted, whoever's packets they were.
public struct NetworkReport: Sendable, Equatable {
  /// Its name; what it is stands in the environment.
  public var interface: String
  /// The receive queues the run's streams came in on, and its zero-copy queues.
  public var queues: [NetworkQueueReport] = []
  /// All other receive queues together; nil where there are none, or the driver does not count by queue.
  public var otherQueues: QueueCountersReport?
  /// All transmit queues together; nil where the driver does not count by queue.
  public var transmit: QueueCountersReport?
  /// Where `queues` take their buffers from.
  public var pagePools: [PagePoolReport] = []
  /// The interface as a whole; nil where it was not readable.
  public var link: LinkCountersReport?
  /// What could not be measured and why, a sentence each.
  public var absent: [String] = []

  public init(interface: String) {
    self.interface = interface
  }
}

/// One receive queue during the run, and who serves it.
public struct NetworkQueueReport: Sendable, Equatable {
  public var queue: Int
  /// The NAPI instance that polls it; nil where the kernel does not tell.
  public var napi: UInt32?
  /// Its interrupt; nil where the driver does not tell.
  public var interrupt: UInt32?
  /// The thread it polls in; nil where it polls in softirq.
  public var thread: UInt32?
  /// CPUs that serve the interrupt; empty where that is not known.
  public var cpus: [Int] = []
  /// Nil where the driver does not count by queue.
  public var counters: QueueCountersReport?

  public init(queue: Int) {
    self.queue = queue
  }
}

/// Counters of one queue or of several together (netdev's qstats). What the driver does not count is nil.
public struct QueueCountersReport: Sendable, Equatable {
  public var packets: UInt64?
  public var bytes: UInt64?
  /// Times there was no memory for a packet.
  public var allocationFailures: UInt64?
  /// Packets the hardware dropped.
  public var drops: UInt64?
  /// Of a receive queue: packets dropped because no buffer was ready.
  public var overruns: UInt64?
  /// Packets the hardware joined (received, HW-GRO) or split (sent, HW-GSO), as they crossed the host's memory.
  public var joinedPackets: UInt64?
  public var joinedBytes: UInt64?
  /// The same as they were on the wire.
  public var joinedWirePackets: UInt64?
  public var joinedWireBytes: UInt64?
  /// Of transmit queues: times one was full and stopped.
  public var stops: UInt64?

  public init() {}
}

/// A page pool of one of the run's queues.
public struct PagePoolReport: Sendable, Equatable {
  public var id: UInt64
  public var queue: Int?
  /// Its memory comes from an io_uring.
  public var isZeroCopy: Bool
  /// Pages, and their bytes, that are out at the run's end; nil where the kernel does not tell.
  public var inFlight: UInt64?
  public var inFlightBytes: UInt64?
  /// During the run; nil where the kernel does not count (CONFIG_PAGE_POOL_STATS).
  public var counters: PagePoolCountersReport?

  public init(id: UInt64, isZeroCopy: Bool) {
    self.id = id
    self.isZeroCopy = isZeroCopy
  }
}

/// How a page pool got and gave back pages during the run.
public struct PagePoolCountersReport: Sendable, Equatable {
  public var fastAllocations: UInt64 = 0
  public var slowAllocations: UInt64 = 0
  /// Times its ring was empty when a page was wanted.
  public var emptyRing: UInt64 = 0
  public var recycledToCache: UInt64 = 0
  public var recycledToRing: UInt64 = 0
  /// Pages that found the ring full.
  public var ringFull: UInt64 = 0
  /// Pages given up because somebody else still held them.
  public var releasedInUse: UInt64 = 0

  public init() {}
}

/// Counters of an interface as a whole (rtnetlink(7), IFLA_STATS64).
public struct LinkCountersReport: Sendable, Equatable {
  public var receivedPackets: UInt64 = 0
  public var receivedBytes: UInt64 = 0
  public var sentPackets: UInt64 = 0
  public var sentBytes: UInt64 = 0
  public var receiveErrors: UInt64 = 0
  public var sendErrors: UInt64 = 0
  public var receiveDrops: UInt64 = 0
  public var sendDrops: UInt64 = 0
  /// Dropped by the hardware for want of buffers.
  public var receiveMisses: UInt64 = 0

  public init() {}
}
