/// How a receiver takes the bytes of its flows (docs/modes.md).
public enum ReceiveMode: String, CaseIterable, Sendable {
  /// RECV_ZC on a queue of the interface: the NIC writes payload where the program reads it. Linux 6.15, where the driver
  /// can.
  case zc
  /// RECV_ZC without a device: everything but the zero-copy, for the kernel copies into the area. Linux 7.1.
  case zcCopy = "zc-copy"
  /// epoll and recv: the kernel copies every byte into user memory. What iperf3 and most servers do.
  case epoll
  /// io_uring's receives that stay armed, into buffers the worker provides: the kernel copies every byte into user memory.
  /// Linux 5.19.
  case uring
  /// TCP_ZEROCOPY_RECEIVE: the kernel maps whole pages of payload into the program's memory and recv copies the rest.
  /// Linux 4.18.
  case mmap
  /// recv with MSG_TRUNC: the kernel acknowledges and drops the bytes. A ceiling; nothing is received into user memory.
  case discard

  /// The path of a test's workers; nil for zero-copy receive, which has workers of its own.
  var workerPath: WorkerPath? {
    switch self {
    case .epoll: .epoll
    case .uring: .uring
    case .mmap: .mmap
    case .discard: .discard
    case .zc, .zcCopy: nil
    }
  }

  /// It has queues, areas and rings of zero-copy receive.
  public var isZeroCopyReceive: Bool { workerPath == nil }

  /// One clause for the reader, wherever the mode is named.
  public var explanation: String {
    switch self {
    case .zc: "the NIC writes payload where the program reads it"
    case .zcCopy: "as zero-copy receive, without a device: the kernel copies every byte"
    case .epoll, .uring: "the kernel copies every byte into user memory"
    case .mmap: "whole pages of payload are mapped into user memory, the rest is copied"
    case .discard: "bytes are dropped by the kernel, not received into user memory"
    }
  }
}

/// The receive paths that a `ReceiveWorker` runs.
enum WorkerPath: Sendable {
  case epoll
  case uring
  case mmap
  case discard
}

/// The mode a run uses, and why it is not literally the one asked for.
public struct ModeChoice: Sendable, Equatable {
  /// As typed: a mode's name or `auto`.
  public let requested: String
  public let mode: ReceiveMode
  /// One sentence; nil when the requested mode is used.
  public let reason: String?

  /// A mode that a client asked for (`client --compare`).
  ///
  /// - Parameter label: what it really is, where its name does not say it all.
  init(asked mode: ReceiveMode, label: String? = nil) {
    requested = mode.rawValue
    self.mode = mode
    reason = label
  }

  /// - Parameters:
  ///   - requested: nil is `auto`.
  ///   - zeroCopyRefusal: why zero-copy receive, asked for with -i, is not used; nil when it was not asked for.
  ///   - interface: given with -i, for `auto`.
  public init(requested: ReceiveMode?, interface: String? = nil, zeroCopyRefusal: String? = nil) {
    self.requested = requested?.rawValue ?? "auto"
    mode = requested ?? (interface == nil || zeroCopyRefusal != nil ? .epoll : .zc)
    reason =
      switch (requested, interface, zeroCopyRefusal) {
      case (_, _, let refusal?): "\(refusal); receiving with \(mode.rawValue) instead"
      case (nil, nil, nil): "no interface was given (-i), and this copying path serves every kernel"
      case (nil, let interface?, nil): "\(interface) can do it"
      case (_?, _, nil): nil
      }
  }
}
