import NetworkInterface
import Uring

/// What the zero-copy workers of a server are set up with.
public struct ZeroCopySetup: Sendable, Equatable {
  /// The interface; nil receives without a device (`zc-copy`).
  public struct Device: Sendable, Equatable {
    public var name: String
    public var index: UInt32
    public var queues: [Int]
    /// Whether its driver says that headers are split from data; nil where it does not tell.
    public var isHeaderSplit: Bool?
    /// Descriptors of each of its receive rings; nil where it does not tell.
    var receiveRing: Int?
    /// Bytes of a buffer its driver writes into; nil where it does not tell.
    var receiveBufferLength: Int?
    /// Its NUMA node; nil where it has none, or none is told.
    public var numaNode: Int?
    /// Those of its queues that are leased from another device.
    public var leases: [LeasedQueue] = []

    public init(name: String, index: UInt32, queues: [Int]) {
      self.name = name
      self.index = index
      self.queues = queues
    }
  }

  public var device: Device?
  public var areaKind = ZeroCopyArea.Kind.pages
  /// Bytes of one buffer; 0 leaves it to the kernel (a page).
  public var bufferLength: UInt32 = 0
  /// `bufferLength` is not to be left out when it is refused, and what was refused before it.
  var isBufferLengthRequired = false
  var refusedLengths: [BufferLengthSearch.Refusal] = []
  /// How long a queue may be held by a previous ring that is being closed (docs/zero-copy.md), seconds.
  /// For tests: bytes after which a ring fails (`ZCRX_BENCH_FAIL_RING_AFTER`, docs/zero-copy.md).
  var failsAfter: UInt64?
  var longestUnbinding = 5.0
  public var areaBytes = 64 << 20
  public var refillEntries: UInt32 = 32_768
  public var completionEntries: UInt32 = 32_768
  public var mixedCompletions = false
  public var region = ZeroCopyQueueOptions.Region.user
  /// How the rings wait.
  public var polling = PollingWish()
  /// Events and statistics; a kernel without them is asked again without.
  public var events = true

  public init(device: Device?) {
    self.device = device
  }

  /// Rings without a device.
  public var workersWithoutDevice = 1

  /// Zero-copy queues, and so rings and workers: with a device one for each of its queues.
  var queues: [Int?] {
    device.map { $0.queues.map(Optional.some) } ?? Array(repeating: nil, count: workersWithoutDevice)
  }

  mutating func apply(_ sizing: ZeroCopySizing) {
    areaBytes = sizing.areaBytes
    refillEntries = sizing.refillEntries
    completionEntries = sizing.completionEntries
  }

  func options(for queue: Int?) -> ZeroCopyQueueOptions {
    var source = ZeroCopyQueueOptions.Source.noDevice
    if let device, let queue { source = .device(interfaceIndex: device.index, queue: UInt32(queue)) }
    var options = ZeroCopyQueueOptions(
      source: source, refillEntries: refillEntries, areaKind: areaKind, areaSize: areaBytes,
      bufferLength: bufferLength, region: region, eventUserData: events ? CompletionTag.event.userData : nil)
    options.isBufferLengthRequired = isBufferLengthRequired
    return options
  }
}
