import BoundedJSON
import Linux
import Metering
import Report

/// The memory's traffic of one test, from its first counted byte on.
struct MemoryAccount {
  private let watch: MemoryWatch
  private let idle: MemoryWatch.Idle?
  private var start: MemorySample?
  private var last: MemorySample?

  /// - Parameter now: where the counted time begins.
  init(_ watch: MemoryWatch, at now: MonotonicTime) {
    self.watch = watch
    idle = watch.idle
    start = watch.meter?.sample(at: now)
    last = start
  }

  /// The omitted seconds are over.
  mutating func restart(at now: MonotonicTime) {
    start = watch.meter?.sample(at: now)
    last = start
  }

  /// What was moved since the last interval; nil where that is not known.
  mutating func interval(at now: MonotonicTime) -> IntervalMemoryReport? {
    guard let meter = watch.meter, let before = last else { return nil }
    let sample = meter.sample(at: now)
    last = sample
    guard let traffic = try? meter.traffic(from: before, to: sample).get() else { return nil }
    return IntervalMemoryReport(
      seconds: traffic.seconds, readBytes: traffic.read, writeBytes: traffic.write, totalBytes: traffic.total,
      netBytes: net(of: traffic))
  }

  /// The end of the test, to be taken while its last byte is still the last thing that happened.
  func end(at now: MonotonicTime) -> MemorySample? { watch.meter?.sample(at: now) }

  /// - Parameters:
  ///   - end: the sample of the end.
  ///   - payload: bytes of this side's own account.
  func report(end: MemorySample?, payload: UInt64) -> MemoryReport {
    switch watch.choice {
    case .unavailable(let reason): return MemoryReport(unavailable: reason)
    case .meter(let meter):
      var report = MemoryReport(source: MemoryReport.Source(meter.source))
      report.remarks = meter.source.remarks
      guard let start, let end else { return report.without("no sample was taken") }
      switch meter.traffic(from: start, to: end) {
      case .failure(let failure): return report.without(failure.description)
      case .success(let traffic):
        guard traffic.total > 0 || payload < MemoryAccount.unmistakable else {
          return report.without(
            "\(meter.source.title) stood at zero while \(payload) bytes of payload moved: it counts nothing here"
          )
        }
        fill(&report, traffic, payload: payload)
        return report
      }
    }
  }

  /// So much payload cannot move without a single access to memory, bytes.
  private static let unmistakable: UInt64 = 1 << 30

  private func fill(_ report: inout MemoryReport, _ traffic: MemoryTraffic, payload: UInt64) {
    report.traffic = MemoryTrafficReport(traffic)
    report.netBytes = net(of: traffic)
    if let net = report.netBytes, payload > 0 { report.bytesPerPayloadByte = Double(net) / Double(payload) }
    if let idle, let start {
      let seconds = idle.traffic.seconds
      func rate(_ bytes: UInt64?) -> Double? { bytes.map { Double($0) / seconds } }
      report.baseline = MemoryBaselineReport(
        seconds: seconds, age: max(0, start.time.seconds(since: idle.end)), readRate: rate(idle.traffic.read),
        writeRate: rate(idle.traffic.write), totalRate: Double(idle.traffic.total) / seconds)
    } else {
      report.noBaseline = "there was no idle second before the traffic"
    }
    if traffic.runningShare < 0.999 {
      let percent = Int(clamping: (traffic.runningShare * 100).rounded(.down))
      report.remarks.append(
        "some of its counters ran only \(percent) % of the time, and what they counted is scaled up")
    }
    if traffic.usesSubstitutes {
      report.remarks.append(
        "the events named for memory stood at zero; refills and write-backs of the last-level cache are taken instead")
    }
  }

  /// Nil where no idle second was looked at; nothing where it moved more than this span.
  private func net(of traffic: MemoryTraffic) -> UInt64? {
    guard let idle, idle.traffic.seconds > 0 else { return nil }
    let rate = Double(idle.traffic.total) / idle.traffic.seconds
    return UInt64(clamping: (Double(traffic.total) - rate * traffic.seconds).rounded())
  }
}

extension MemoryReport {
  fileprivate func without(_ reason: String) -> MemoryReport {
    var report = self
    report.unavailable = reason
    return report
  }
}

extension MemoryReport.Source {
  init(_ source: MemorySource) {
    self.init(name: source.kind.rawValue, title: source.title, limitation: source.limitation)
  }
}

extension MemoryTrafficReport {
  public init(_ traffic: MemoryTraffic) {
    self.init(
      seconds: traffic.seconds,
      sockets: traffic.sockets.map {
        MemorySocketReport(socket: $0.socket, readBytes: $0.read, writeBytes: $0.write, totalBytes: $0.total)
      }, runningShare: traffic.runningShare)
  }
}
