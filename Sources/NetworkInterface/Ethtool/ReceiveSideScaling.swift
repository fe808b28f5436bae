/// How packets are spread over receive queues (RSS): the hash of a packet picks an entry of the table, and that the queue.
public struct ReceiveSideScaling: Sendable, Equatable {
  /// 0 is the one for all packets no rule sends elsewhere.
  public var context: UInt32
  /// Queues, one for each entry; empty where the driver has no table.
  public var table: [UInt32]
  /// The hash's key; empty where the driver does not show it.
  public var key: [UInt8]
  /// One bit of ETH_RSS_HASH_*; nil where the driver does not tell.
  public var hashFunction: UInt32?
  /// What is done to addresses and ports before hashing (RXH_XFRM_*); 0 is nothing.
  public var transformation: UInt32

  public init(
    context: UInt32 = 0, table: [UInt32] = [], key: [UInt8] = [], hashFunction: UInt32? = nil,
    transformation: UInt32 = 0
  ) {
    self.context = context
    self.table = table
    self.key = key
    self.hashFunction = hashFunction
    self.transformation = transformation
  }

  /// ETH_RSS_HASH_* by ethtool's names.
  public var hashFunctionName: String? {
    switch hashFunction {
    case 1: "toeplitz"
    case 2: "xor"
    case 4: "crc32"
    case let other?: "bit mask \(other)"
    case nil: nil
    }
  }

  /// Whether packets may be spread onto `queue`.
  public func uses(queue: Int) -> Bool { table.contains { Int($0) == queue } }
}

/// What to change about it; nil leaves a part alone.
public struct ReceiveSideScalingChange: Sendable, Equatable {
  /// As long as the device's table, or any divisor of it, which is repeated. Empty is the driver's default (context 0
  /// only): unlike the same table written out, it is not taken for the user's wish when channels change later.
  public var table: [UInt32]?
  public var key: [UInt8]?
  public var hashFunction: UInt32?

  public init(table: [UInt32]? = nil, key: [UInt8]? = nil, hashFunction: UInt32? = nil) {
    self.table = table
    self.key = key
    self.hashFunction = hashFunction
  }
}

/// Which of the kernel's two interfaces is used where there are two.
public enum RequestPath: Sendable, Equatable {
  /// Netlink, and the older commands where the running kernel does not offer it.
  case either
  case netlink
  /// ioctl(2).
  case commands
}
