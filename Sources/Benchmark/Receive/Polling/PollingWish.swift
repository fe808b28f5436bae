import Linux
import SystemPackage
import Uring

/// How receiving is to wait for packets, as asked for on the command line.
public struct PollingWish: Sendable, Equatable {
  /// Microseconds for which a wait polls the interface before it sleeps (`--busy-poll`); nil does not poll.
  public var busyPoll: UInt32?
  /// Microseconds for which a wait collects completions, unless many are there before (`--min-wait`); nil waits for one.
  public var minimumWait: UInt32?

  public init(busyPoll: UInt32? = nil, minimumWait: UInt32? = nil) {
    self.busyPoll = busyPoll
    self.minimumWait = minimumWait
  }

  /// Whether nothing is asked for.
  public var isEmpty: Bool { self == PollingWish() }
}

/// What of a wish a receive mode and the running kernel can do.
public struct PollingGrant: Sendable, Equatable {
  public var wish = PollingWish()
  /// What was left out, and why; one sentence each.
  public var refusals: [String] = []

  public init() {}

  /// - Parameters:
  ///   - isNamed: the mode was asked for by its name: what it cannot do is an error then, and left out otherwise.
  ///   - support: of rings; asked for only where it matters.
  /// - Throws: what cannot be done, as a usage error where no kernel could do it in that mode.
  public init(
    _ wish: PollingWish, in mode: ReceiveMode, isNamed: Bool,
    support: @autoclosure () -> RingWaitSupport = .discover(),
    socketRefusal: (UInt32) -> SystemCallError? = PollingGrant.refusalOfSockets
  ) throws(BenchmarkError) {
    guard !wish.isEmpty else { return }
    self.wish = wish
    switch mode {
    case .zc, .zcCopy, .uring:
      let support = support()
      if wish.minimumWait != nil, case .absent(let reason) = support.minimumWait {
        try leaveOut(\.minimumWait, "--min-wait", reason, isNamed ? .notSupported : nil)
      }
      if wish.busyPoll != nil, case .absent(let reason) = support.dynamicPolling {
        try leaveOut(\.busyPoll, "--busy-poll", reason, isNamed ? .notSupported : nil)
      }
    case .epoll, .mmap, .discard:
      if wish.minimumWait != nil {
        let reason =
          "\(mode.rawValue) waits with epoll_wait(2), which has no minimum wait; zc, zc-copy and uring have one"
        try leaveOut(\.minimumWait, "--min-wait", reason, isNamed ? .usage : nil)
      }
      if let microseconds = wish.busyPoll, let refusal = socketRefusal(microseconds) {
        try leaveOut(\.busyPoll, "--busy-poll", "\(refusal)", isNamed ? .failed : nil)
      }
    }
  }

  private mutating func leaveOut(
    _ member: WritableKeyPath<PollingWish, UInt32?>, _ option: String, _ reason: String, _ status: ExitStatus?
  ) throws(BenchmarkError) {
    if let status { throw BenchmarkError("\(option) cannot be used: \(reason)", status) }
    wish[keyPath: member] = nil
    refusals.append("\(option) is not used: \(reason)")
  }

  /// Asks a socket that is closed again; nil where it may poll.
  public static func refusalOfSockets(_ microseconds: UInt32) -> SystemCallError? {
    do throws(SystemCallError) {
      try Socket(.ipv4).setBusyPoll(microseconds: Int32(clamping: microseconds))
      return nil
    } catch {
      guard error.errno == .notPermitted else { return error }
      return SystemCallError(
        attempt: error.attempt, call: error.call, errno: error.errno,
        advice: "run as root, or sysctl net.core.busy_read=\(microseconds)")
    }
  }
}
