import Linux
import Logging
import Report

@testable import Benchmark

extension Environment {
  static let unknown = Environment(
    host: "", system: "", kernel: "", architecture: "", cpuModel: "", onlineCpus: 1, defaultCongestion: "")
}

extension ServerConfiguration {
  static func oneWorker(_ mode: ReceiveMode = .epoll) throws -> ServerConfiguration {
    ServerConfiguration(
      mode: ModeChoice(requested: mode, zeroCopyRefusal: nil),
      placement: try CPUPlacement(workers: 1, affinity: [], allowed: try allowedCPUs()), toolVersion: "0")
  }
}

/// Notes what a run shows.
final class Notebook: RunObserver {
  var started: [RunReport] = []
  var intervals: [IntervalReport] = []

  func listening(on local: Endpoint, mode: ModeChoice) {}
  func started(_ report: RunReport) { started.append(report) }
  func interval(_ interval: IntervalReport) { intervals.append(interval) }
  func refused(_ reason: String) {}
  func finished(_ run: FinishedRun) {}
}

extension IdentifiedBytes {
  /// All of them read with recv().
  static func read(_ bytes: [UInt8]) -> IdentifiedBytes { IdentifiedBytes(bytes: bytes, copied: bytes.count) }
}

extension ServerContext {
  static func quiet(_ configuration: ServerConfiguration, _ observer: any RunObserver) throws -> ServerContext {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return try ServerContext(
      configuration: configuration, environment: .unknown, observer: observer, logger: logger,
      stage: .plain(configuration))
  }
}

extension ModeStage {
  /// Of a server that uses no zero-copy receive.
  static func plain(_ configuration: ServerConfiguration, allowed: Set<ReceiveMode>? = nil) -> ModeStage {
    ModeStage(
      own: configuration.mode, team: nil, allowed: allowed,
      basis: Basis(
        wish: ZeroCopyWish(interface: nil, queues: nil), placement: configuration.placement, polling: PollingWish(),
        grant: configuration.polling, length: configuration.length))
  }
}
