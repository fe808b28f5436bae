/// How a receiver takes the bytes of its flows (docs/modes.md).
public enum ReceiveMode: String, CaseIterable, Sendable {
  /// epoll and recv: the kernel copies every byte into user memory. What iperf3 and most servers do.
  case epoll
  /// recv with MSG_TRUNC: the kernel acknowledges and drops the bytes. A ceiling; nothing is received into user memory.
  case discard

  /// One clause for the reader, wherever the mode is named.
  public var explanation: String {
    switch self {
    case .epoll: "the kernel copies every byte into user memory"
    case .discard: "bytes are dropped by the kernel, not received into user memory"
    }
  }
}

/// The mode a run uses, and why it is not literally the one asked for.
public struct ModeChoice: Sendable, Equatable {
  /// As typed: a mode's name or `auto`.
  public let requested: String
  public let mode: ReceiveMode
  /// One sentence; nil when the requested mode is used.
  public let reason: String?

  /// - Parameters:
  ///   - requested: nil is `auto`.
  ///   - zeroCopyRefusal: why zero-copy receive, asked for with -i, is not used; nil when it was not asked for.
  public init(requested: ReceiveMode?, zeroCopyRefusal: String?) {
    self.requested = requested?.rawValue ?? "auto"
    mode = requested ?? .epoll
    reason =
      switch (requested, zeroCopyRefusal) {
      case (_, let refusal?): "\(refusal); receiving with \(mode.rawValue) instead"
      case (nil, nil): "no interface was given (-i), and this copying path serves every kernel"
      case (_?, nil): nil
      }
  }
}
