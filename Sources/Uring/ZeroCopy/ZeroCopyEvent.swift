import CKernelABI

/// What a zero-copy queue tells about itself, once until it is armed again (Linux 7.2).
public enum ZeroCopyEvent: UInt32, Sendable, CaseIterable {
  /// The driver or a copy found no free buffer.
  case allocationFailed = 0
  /// Payload of a packet's fragment was copied. Copies out of a packet's linear part raise nothing.
  case copied = 1
}

/// A set of events.
public struct ZeroCopyEvents: OptionSet, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  public init(_ event: ZeroCopyEvent) {
    self.init(rawValue: 1 << event.rawValue)
  }

  public static let allocationFailed = ZeroCopyEvents(.allocationFailed)
  public static let copied = ZeroCopyEvents(.copied)
  public static let all: ZeroCopyEvents = [.allocationFailed, .copied]
}
