/// Which interface is to be prepared for zero-copy receive, and how.
public struct LeaseRequest: Sendable, Equatable {
  public var interface: InterfaceIdentity
  public var wish: LeaseWish
  /// Which of the kernel's interfaces RSS is read and set by.
  public var spreadingPath: RequestPath = .either

  /// - Parameters:
  ///   - queues: receive queues to be bound, each once, numbered from 0; the interface may have fewer yet.
  ///   - receiveRing: descriptors of each receive ring; nil leaves them as they are.
  public init(interface: InterfaceIdentity, queues: [Int], receiveRing: Int? = nil) {
    self.interface = interface
    wish = LeaseWish(queues: queues, receiveRing: receiveRing)
  }
}

/// How an interface must be for zero-copy receive: the queues exist and at least one other, headers and payload are split
/// for packets of every size, nobody's packets but those of flow rules reach the queues, and flow rules are possible.
public struct LeaseWish: Sendable, Equatable {
  public var queues: [Int]
  /// Descriptors of each receive ring that holds payload; nil leaves them as they are.
  public var receiveRing: Int?
  /// What NAPI is to defer for the queues; members that are nil stay as they are.
  public var deferral = NAPIDeferral()
  /// Rules and RSS contexts that lead to the queues are the user's way of steering, and none of ours will be made.
  public var steeringIsUsers = false

  public init(queues: [Int], receiveRing: Int? = nil) {
    self.queues = queues
    self.receiveRing = receiveRing
  }
}
