import Glibc
import IperfProtocol
import Linux
import Logging
import Metering
import NetworkInterface
import Report
import Trace

/// The server: accepts, identifies, and runs one test after the other on the calling thread, while workers receive. No peer
/// can end it, make it wait, or make it keep more than a bounded amount.
public final class Server {
  let context: ServerContext
  let listener: Listener
  private let signals: TerminationSignals
  let epoll: Epoll
  /// Of the interface whose queues are bound; nil without.
  let interfaceWatch: InterfaceWatch?
  var session = Session.idle
  var lobby = Lobby(openFiles: OpenFileLimit.raise())
  var farewells = LingeringCloses()
  /// What the zero-copy workers read for this thread, by their tokens.
  var ringReaders: [UInt32: RingReader] = [:]
  var arrivals: UInt64 = 0
  var refused = RefusedConnections()
  var deadCookies = DeadCookies()
  var lastTest: TestVerdict?
  var acceptsAgainAt: MonotonicTime?
  /// When the listening socket is to have its own buffers back, where that could not be done at once.
  var listenerRetryAt: MonotonicTime?
  /// Until then, being unable to accept is not said again.
  var quietUntil = MonotonicTime(nanoseconds: 0)
  /// The control connection is watched for room too, because results wait to be sent.
  var awaitsRoom = false
  /// Set once the server was told to stop: what is left is to say farewell.
  var stopping: ExitStatus?
  /// Why there is nothing to wait for any more, in a server for one test.
  var failure: BenchmarkError?

  enum Session {
    case idle
    case iperf(IperfSession)
    case raw(RawSession)
  }

  enum TestVerdict {
    case succeeded
    case failed
  }

  /// Tags of epoll entries that are no connection; connections use their descriptor's number.
  enum Tag {
    static let signal = UInt64.max
    static let changed = UInt64.max - 1
    static let listener = UInt64.max - 2
    static let zeroCopy = UInt64.max - 3
    static let interface = UInt64.max - 4
  }

  /// Listens.
  ///
  /// - Throws: `BenchmarkError` when the port cannot be listened on.
  public init(
    _ configuration: ServerConfiguration, listener: Listener, signals: TerminationSignals, observer: any RunObserver,
    logger: Logger, stage: ModeStage
  ) throws(BenchmarkError) {
    self.listener = listener
    self.signals = signals
    do throws(SystemCallError) {
      context = try ServerContext(
        configuration: configuration, environment: Environment.read(), observer: observer, logger: logger,
        stage: stage, memory: configuration.metersMemory ? MemoryWatch(MemoryBandwidthMeter.open()) : nil)
      epoll = try Epoll()
      interfaceWatch = try (stage.device?.setup.device).map { (device) throws(SystemCallError) in
        try InterfaceWatch(device.index)
      }
    } catch {
      throw BenchmarkError(error)
    }
    do throws(SystemCallError) {
      try listener.listen()
      try epoll.add(listener.socket.number, .readable, tag: Tag.listener)
      try epoll.add(signals.descriptor.number, .readable, tag: Tag.signal)
      try epoll.add(context.changed.descriptor.number, .readable, tag: Tag.changed)
      if let watch = interfaceWatch { try epoll.add(watch.descriptor.number, .readable, tag: Tag.interface) }
      for team in [stage.device, stage.deviceless] {
        if let team { try epoll.add(team.changed.descriptor.number, .readable, tag: Tag.zeroCopy) }
      }
    } catch {
      throw BenchmarkError(error)
    }
  }

  /// Serves until told to stop, or until one test is over when that was asked for.
  ///
  /// - Returns: `done` when it was stopped between tests or its one test succeeded; `failed` otherwise.
  /// - Throws: `BenchmarkError` when waiting for events itself fails.
  public func run() throws(BenchmarkError) -> ExitStatus {
    context.listenWith = { [unowned self] (buffers) throws(SystemCallError) in try listen(with: buffers) }
    context.readThroughRing = { [unowned self] in readThroughRing($0) }
    context.enterSetting = { [unowned self] (setting) throws(BenchmarkError) in try enter(setting) }
    defer {
      context.listenWith = nil
      context.readThroughRing = nil
      context.enterSetting = nil
    }
    watchMemory(at: .now())
    if context.zeroCopyTeam?.tracing != nil {
      do throws(SystemCallError) {
        // Whatever needs them is open.
        try TracingRights.drop()
      } catch {
        throw BenchmarkError(error)
      }
    }
    context.observer.listening(on: Endpoint(listener.localAddress), mode: context.configuration.mode)
    var ready: [(tag: UInt64, events: Epoll.Interest)] = []
    while true {
      do throws(SystemCallError) {
        try epoll.wait(milliseconds: deadline?.millisecondsLeft(from: .now()) ?? -1, into: &ready)
      } catch {
        throw BenchmarkError(error)
      }
      let now = MonotonicTime.now()
      for (tag, _) in ready {
        switch tag {
        case Tag.signal:
          guard let signal = signals.next() else { break }
          if let stopping { return stopping }
          stop(signal, at: now)
        case Tag.changed: context.changed.clear()
        case Tag.listener: acceptConnections(on: listener.socket, at: now)
        case Tag.zeroCopy: takeZeroCopyNews(at: now)
        case Tag.interface: interfaceChanged(at: now)
        default: connectionReady(Int32(truncatingIfNeeded: tag), at: now)
        }
      }
      advance(at: .now())
      watchMemory(at: .now())
      if let failure, lastTest == nil { throw failure }
      if let stopping, farewells.isEmpty { return stopping }
      if context.configuration.oneOff, let lastTest, case .idle = session, farewells.isEmpty {
        return lastTest == .succeeded ? .done : .failed
      }
    }
  }
}
