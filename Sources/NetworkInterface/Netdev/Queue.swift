import CKernelABI
import Linux
import SystemPackage

/// Whether packets come or go.
public enum QueueDirection: UInt32, Sendable, Equatable {
  case receive = 0
  case transmit = 1
}

/// One queue of an interface, and who holds it (queue-get of family "netdev").
public struct QueueState: Sendable, Equatable {
  public var interfaceIndex: UInt32
  /// Numbered from 0 in each direction.
  public var number: Int
  public var direction: QueueDirection
  /// The NAPI instance that serves it; nil while there is none.
  public var napi: UInt32?
  /// Id of the dma-buf binding that provides its memory (device memory TCP); nil while there is none.
  public var dmaBuffer: UInt32?
  /// The io_uring that provides its memory; nil while there is none. Told since Linux 6.15.
  public var ring: RingProvider?
  /// Whether an AF_XDP socket holds it.
  public var isExpressDataPathSocket: Bool
  /// The queue of a virtual interface this one is lent to, or the one it is lent from. Told since Linux 7.1.
  public var lease: QueueLease?

  /// An io_uring that provides a queue's memory.
  public struct RingProvider: Sendable, Equatable {
    /// Bytes of each of its buffers; nil before Linux 7.2.
    public var receiveBufferLength: Int?

    public init(receiveBufferLength: Int? = nil) {
      self.receiveBufferLength = receiveBufferLength
    }
  }

  public init(
    interfaceIndex: UInt32, number: Int, direction: QueueDirection = .receive, napi: UInt32? = nil,
    dmaBuffer: UInt32? = nil, ring: RingProvider? = nil, isExpressDataPathSocket: Bool = false, lease: QueueLease? = nil
  ) {
    self.interfaceIndex = interfaceIndex
    self.number = number
    self.direction = direction
    self.napi = napi
    self.dmaBuffer = dmaBuffer
    self.ring = ring
    self.isExpressDataPathSocket = isExpressDataPathSocket
    self.lease = lease
  }

  /// Who holds the queue, in a phrase; nil where nobody does.
  public var holder: String? {
    if ring != nil { return "an io_uring (zero-copy receive)" }
    if let dmaBuffer { return "dma-buf binding \(dmaBuffer) (device memory TCP)" }
    if isExpressDataPathSocket { return "an AF_XDP socket" }
    if let lease { return "queue \(lease.queue) of interface index \(lease.interfaceIndex), by a lease" }
    return nil
  }
}

/// The other end of a queue that is lent (netkit, Linux 7.1).
public struct QueueLease: Sendable, Equatable {
  public var interfaceIndex: UInt32
  public var queue: Int
  /// Id of its network namespace as seen from here; nil in the same one.
  public var namespace: Int32?

  public init(interfaceIndex: UInt32, queue: Int, namespace: Int32? = nil) {
    self.interfaceIndex = interfaceIndex
    self.queue = queue
    self.namespace = namespace
  }
}

extension NetdevSocket {
  /// Reads one queue.
  /// - Throws: ENOENT while the interface is down, EINVAL where it has no such queue (both as Linux 6.18 answers).
  public mutating func queue(
    _ number: Int, _ direction: QueueDirection = .receive, of interface: UInt32
  ) throws(SystemCallError) -> QueueState {
    let attempt = "read the state of queue \(number) of interface \(interface)"
    let answers = try ask(Int32(ZB_NETDEV_CMD_QUEUE_GET), "NETDEV_CMD_QUEUE_GET", to: attempt) {
      (request) throws(SystemCallError) in
      try request.put(Int(ZB_NETDEV_A_QUEUE_IFINDEX), interface)
      try request.put(Int(ZB_NETDEV_A_QUEUE_TYPE), direction.rawValue)
      try request.put(Int(ZB_NETDEV_A_QUEUE_ID), number)
    }
    guard let state = answers.lazy.compactMap(QueueState.init).first else {
      throw SystemCallError(attempt: attempt, call: "NETDEV_CMD_QUEUE_GET", errno: .noData)
    }
    return state
  }

  /// Reads all queues of an interface, both directions; none while it is down.
  public mutating func queues(of interface: UInt32) throws(SystemCallError) -> [QueueState] {
    try ask(
      Int32(ZB_NETDEV_CMD_QUEUE_GET), "NETDEV_CMD_QUEUE_GET", to: "read the queues of interface \(interface)", all: true
    ) { request throws(SystemCallError) in
      try request.put(Int(ZB_NETDEV_A_QUEUE_IFINDEX), interface)
    }.compactMap(QueueState.init)
  }
}

extension QueueState {
  /// Nil where the queue cannot be told.
  init?(_ attributes: NetlinkAttributes) {
    guard let interface = attributes.identifier(Int(ZB_NETDEV_A_QUEUE_IFINDEX)),
      let number = attributes.identifier(Int(ZB_NETDEV_A_QUEUE_ID)),
      let direction = attributes.identifier(Int(ZB_NETDEV_A_QUEUE_TYPE)).flatMap(QueueDirection.init)
    else { return nil }
    self.init(
      interfaceIndex: interface, number: Int(number), direction: direction,
      napi: attributes.identifier(Int(ZB_NETDEV_A_QUEUE_NAPI_ID)),
      dmaBuffer: attributes.identifier(Int(ZB_NETDEV_A_QUEUE_DMABUF)),
      ring: attributes.nested(Int(ZB_NETDEV_A_QUEUE_IO_URING)).map {
        RingProvider(receiveBufferLength: $0.count(Int(ZB_NETDEV_A_IO_URING_RX_BUF_LEN)))
      },
      isExpressDataPathSocket: attributes.has(Int(ZB_NETDEV_A_QUEUE_XSK)),
      lease: attributes.nested(Int(ZB_NETDEV_A_QUEUE_LEASE)).flatMap(QueueLease.init))
  }
}

extension QueueLease {
  /// The queue is a nest of its own, with the attributes of queue-get or a bare number.
  init?(_ attributes: NetlinkAttributes) {
    guard let interface = attributes.identifier(Int(ZB_NETDEV_A_LEASE_IFINDEX)),
      let queue = attributes.nested(Int(ZB_NETDEV_A_LEASE_QUEUE))?.count(Int(ZB_NETDEV_A_QUEUE_ID))
        ?? attributes.count(Int(ZB_NETDEV_A_LEASE_QUEUE))
    else { return nil }
    self.init(
      interfaceIndex: interface, queue: queue,
      namespace: attributes.identifier(Int(ZB_NETDEV_A_LEASE_NETNS_ID)).map(Int32.init(bitPattern:)))
  }
}
