import BoundedJSON

/// What a comparison keeps of one run. Nil is not known.
public struct KeyFigures: Sendable, Equatable {
  /// Bits per second, as the receiver counted.
  public var throughput: Double?
  /// The receiver's CPU seconds for each GiB.
  public var cpu: Double?
  /// DRAM bytes for each byte of payload.
  public var dram: Double?
  /// Share of bytes that were not copied, 0…1: proven, and possible.
  public var zeroCopyProven: Double?
  public var zeroCopyPossible: Double?
  /// Segments the sender sent again.
  public var retransmits: UInt64?

  public init() {}

  /// Of a run both sides told about.
  ///
  /// - Parameters:
  ///   - receiver: the receiver's `zcrx_bench` object; nil when it did not send one.
  ///   - sender: the sender's.
  public init(receiver: JSONValue?, sender: JSONValue?) {
    func value(_ metric: Metric, _ report: JSONValue?) -> Double? {
      report.flatMap { metric.reading(ofReport: $0).value }
    }
    throughput = value(.throughput, receiver) ?? value(.throughput, sender)
    cpu = value(.cpu, receiver)
    dram = value(.dram, receiver)
    zeroCopyProven = value(.zeroCopyProven, receiver) ?? value(.zeroCopyProven, sender)
    zeroCopyPossible = value(.zeroCopyPossible, receiver) ?? value(.zeroCopyPossible, sender)
    retransmits = value(.retransmits, sender).flatMap { UInt64(exactly: $0) }
  }

  /// The metrics it holds, in the order of a table's columns.
  public static let metrics: [Metric] = [.throughput, .cpu, .dram, .zeroCopyProven, .zeroCopyPossible, .retransmits]

  /// The value of one of `metrics`; nil where it is not known, or another metric.
  public func value(of metric: Metric) -> Double? {
    switch metric.name {
    case Metric.throughput.name: throughput
    case Metric.cpu.name: cpu
    case Metric.dram.name: dram
    case Metric.zeroCopyProven.name: zeroCopyProven
    case Metric.zeroCopyPossible.name: zeroCopyPossible
    case Metric.retransmits.name: retransmits.map { Double($0) }
    default: nil
    }
  }
}
