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
  /// How it receives at the moment.
  let stage: ModeStage
  /// Goes over to another way to receive; set by the server while it runs.
  var enterSetting: ((ModeStage.Setting) throws(BenchmarkError) -> Void)?
  /// Why the last test that a client of ours asked for was refused; told once.
  var lastRefusal: String?
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
    stage: ModeStage, memory: MemoryWatch? = nil
  ) throws(SystemCallError) {
    self.configuration = configuration
    self.environment = environment
    self.observer = observer
    self.logger = logger
    self.stage = stage
    self.memory = memory
    changed = try EventDescriptor()
  }

  /// Goes over to how the tests to come are received.
  func enter(_ setting: ModeStage.Setting) throws(BenchmarkError) {
    if let enterSetting { try enterSetting(setting) } else { try stage.enter(setting) }
  }

  /// The verification pattern, made when it is first needed.
  func pattern() -> Pattern {
    let pattern = sharedPattern ?? Pattern()
    sharedPattern = pattern
    return pattern
  }

  /// The zero-copy workers, in the modes that need them.
  var zeroCopyTeam: ZeroCopyTeam? { stage.team }

  /// The mode of a test that begins now.
  var mode: ModeChoice { stage.current?.mode ?? configuration.mode }

  /// The configuration of a test that begins now.
  var testConfiguration: ServerConfiguration {
    var configuration = configuration
    if let setting = stage.current {
      configuration.mode = setting.mode
      configuration.placement = setting.placement
      configuration.polling = setting.polling
    }
    return configuration
  }

  /// Settings as far as the server alone decides them.
  var baseSettings: RunSettings {
    var settings = RunSettings()
    settings.blockLength = configuration.length
    settings.interval = configuration.interval
    settings.requestedMode = mode.requested
    settings.mode = mode.mode.rawValue
    settings.receiveLength = configuration.length
    settings.modeReason = mode.reason
    settings.interface = configuration.interface
    settings.queues = configuration.queues
    settings.window = configuration.receiveBuffer.map(Int.init)
    return settings
  }

  func streamID(at index: Int) -> Int { StreamNumbering.id(at: index) }
}
