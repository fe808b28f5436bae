import IperfProtocol
import Linux
import Logging
import Report

/// What every session of a server shares.
final class ServerContext {
  let configuration: ServerConfiguration
  let environment: Environment
  let observer: any RunObserver
  let logger: Logger
  /// Signalled by workers.
  let changed: EventDescriptor
  /// The zero-copy workers, in the modes that need them.
  let zeroCopyTeam: ZeroCopyTeam?
  /// Nil where memory traffic is not asked for.
  let memory: MemoryWatch?
  /// Reads a control connection whose bytes recv() cannot reach, through the zero-copy queue they lie in; false where that
  /// is out of reach too. Set by the server while it runs.
  var readThroughRing: ((ControlChannel) -> Bool)?
  /// Makes the connections to come have these buffers; set by the server while it runs.
  var listenWith: ((StreamBuffers) throws(SystemCallError) -> Void)?
  private var sharedPattern: Pattern?

  init(
    configuration: ServerConfiguration, environment: Environment, observer: any RunObserver, logger: Logger,
    zeroCopyTeam: ZeroCopyTeam?, memory: MemoryWatch? = nil
  ) throws(SystemCallError) {
    self.configuration = configuration
    self.environment = environment
    self.observer = observer
    self.logger = logger
    self.zeroCopyTeam = zeroCopyTeam
    self.memory = memory
    changed = try EventDescriptor()
  }

  /// The verification pattern, made when it is first needed.
  func pattern() -> Pattern {
    let pattern = sharedPattern ?? Pattern()
    sharedPattern = pattern
    return pattern
  }

  /// Settings as far as the server alone decides them.
  var baseSettings: RunSettings {
    var settings = RunSettings()
    settings.blockLength = configuration.length
    settings.requestedMode = configuration.mode.requested
    settings.mode = configuration.mode.mode.rawValue
    settings.receiveLength = configuration.length
    settings.modeReason = configuration.mode.reason
    settings.interface = configuration.interface
    settings.queues = configuration.queues
    settings.window = configuration.receiveBuffer.map(Int.init)
    return settings
  }

  func streamID(at index: Int) -> Int { StreamNumbering.id(at: index) }
}
