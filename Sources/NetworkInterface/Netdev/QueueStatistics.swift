import CKernelABI
import Linux

/// Counters of one queue (qstats-get of family "netdev"). They begin anew whenever the driver makes its queues anew.
public struct QueueStatistics: Sendable, Equatable {
  public var queue: Int
  public var direction: QueueDirection
  /// What the driver counts; drivers differ in what that is.
  public var counters: [QueueCounter: UInt64]

  public init(queue: Int, direction: QueueDirection, counters: [QueueCounter: UInt64]) {
    self.queue = queue
    self.direction = direction
    self.counters = counters
  }
}

/// A counter of a queue; the raw value is its attribute in netdev.h.
public enum QueueCounter: Int, Sendable, Equatable, CaseIterable {
  case receivedPackets = 8
  case receivedBytes = 9
  case sentPackets = 10
  case sentBytes = 11
  case receiveAllocationFailures = 12
  case receiveHardwareDrops = 13
  case receiveHardwareOverruns = 14
  case receiveChecksumComplete = 15
  case receiveChecksumUnnecessary = 16
  case receiveChecksumNone = 17
  case receiveChecksumBad = 18
  case receiveHardwareGROPackets = 19
  case receiveHardwareGROBytes = 20
  case receiveHardwareGROWirePackets = 21
  case receiveHardwareGROWireBytes = 22
  case receiveHardwareRateLimitDrops = 23
  case sendHardwareDrops = 24
  case sendHardwareErrors = 25
  case sendChecksumNone = 26
  case sendChecksumNeeded = 27
  case sendHardwareGSOPackets = 28
  case sendHardwareGSOBytes = 29
  case sendHardwareGSOWirePackets = 30
  case sendHardwareGSOWireBytes = 31
  case sendHardwareRateLimitDrops = 32
  case sendStops = 33
  case sendWakes = 34

  /// Its name in the kernel's specification of the family.
  public var name: String {
    switch self {
    case .receivedPackets: "rx-packets"
    case .receivedBytes: "rx-bytes"
    case .sentPackets: "tx-packets"
    case .sentBytes: "tx-bytes"
    case .receiveAllocationFailures: "rx-alloc-fail"
    case .receiveHardwareDrops: "rx-hw-drops"
    case .receiveHardwareOverruns: "rx-hw-drop-overruns"
    case .receiveChecksumComplete: "rx-csum-complete"
    case .receiveChecksumUnnecessary: "rx-csum-unnecessary"
    case .receiveChecksumNone: "rx-csum-none"
    case .receiveChecksumBad: "rx-csum-bad"
    case .receiveHardwareGROPackets: "rx-hw-gro-packets"
    case .receiveHardwareGROBytes: "rx-hw-gro-bytes"
    case .receiveHardwareGROWirePackets: "rx-hw-gro-wire-packets"
    case .receiveHardwareGROWireBytes: "rx-hw-gro-wire-bytes"
    case .receiveHardwareRateLimitDrops: "rx-hw-drop-ratelimits"
    case .sendHardwareDrops: "tx-hw-drops"
    case .sendHardwareErrors: "tx-hw-drop-errors"
    case .sendChecksumNone: "tx-csum-none"
    case .sendChecksumNeeded: "tx-needs-csum"
    case .sendHardwareGSOPackets: "tx-hw-gso-packets"
    case .sendHardwareGSOBytes: "tx-hw-gso-bytes"
    case .sendHardwareGSOWirePackets: "tx-hw-gso-wire-packets"
    case .sendHardwareGSOWireBytes: "tx-hw-gso-wire-bytes"
    case .sendHardwareRateLimitDrops: "tx-hw-drop-ratelimits"
    case .sendStops: "tx-stop"
    case .sendWakes: "tx-wake"
    }
  }
}

extension NetdevSocket {
  /// Reads the counters of each queue of an interface.
  /// - Throws: EOPNOTSUPP where its driver has none by queue.
  public mutating func queueStatistics(of interface: UInt32) throws(SystemCallError) -> [QueueStatistics] {
    try ask(
      Int32(ZB_NETDEV_CMD_QSTATS_GET), "NETDEV_CMD_QSTATS_GET", to: "read the queue counters of interface \(interface)",
      all: true
    ) { request throws(SystemCallError) in
      try request.put(Int(ZB_NETDEV_A_QSTATS_IFINDEX), interface)
      try request.put(Int(ZB_NETDEV_A_QSTATS_SCOPE), UInt32(ZB_NETDEV_QSTATS_SCOPE_QUEUE))
    }.compactMap(QueueStatistics.init)
  }
}

extension QueueStatistics {
  init?(_ attributes: NetlinkAttributes) {
    guard let queue = attributes.count(Int(ZB_NETDEV_A_QSTATS_QUEUE_ID)),
      let direction = attributes.identifier(Int(ZB_NETDEV_A_QSTATS_QUEUE_TYPE)).flatMap(QueueDirection.init)
    else { return nil }
    var counters: [QueueCounter: UInt64] = [:]
    for counter in QueueCounter.allCases { counters[counter] = attributes.number(counter.rawValue) }
    self.init(queue: queue, direction: direction, counters: counters)
  }
}
