import Report

/// Why a run brought less without a copy than it should have, worked out from what was measured; most likely first.
struct LikelyCauses {
  /// One zero-copy run as far as the causes need it.
  struct Evidence {
    var interface: String?
    var queues: [Int] = []
    var received: UInt64 = 0
    var zeroCopied = ByteBounds(exactly: 0)
    /// Bytes of streams that came in on no queue of ours, and those queues.
    var misplacedBytes: UInt64 = 0
    var misplacedQueues: [Int] = []
    var kernelCopied: UInt64?
    var drained: UInt64 = 0
    /// The kernel or the driver ran out of buffers: events and re-arms.
    var exhaustions: UInt64 = 0
    /// Completions that brought less than `shortCompletion` bytes, of all.
    var shortCompletions: UInt64 = 0
    var completions: UInt64 = 0
    /// Whether header/data split is on, as far as the driver tells.
    var headerSplit: Bool?
  }

  /// Bytes below which a completion is short.
  static let shortCompletion = 512

  /// A run is suspicious when this share of it, or more, may or must have been copied.
  static let suspicious = 0.1

  static func sentences(_ evidence: Evidence) -> [String] {
    let received = Double(evidence.received)
    guard evidence.received > 0 else { return [] }
    let certainlyCopied = received - Double(evidence.zeroCopied.atMost)
    let copiedEnough = certainlyCopied >= suspicious * received
    let manyShort =
      evidence.completions > 0 && Double(evidence.shortCompletions) >= 0.25 * Double(evidence.completions)
    guard copiedEnough || manyShort && evidence.zeroCopied.atLeast < evidence.received / 2 else { return [] }

    var causes: [(weight: Double, sentence: String)] = []
    let place = evidence.interface.map { "\($0) " } ?? ""
    let queues = evidence.queues.map { "\($0)" }.joined(separator: ", ")
    if evidence.misplacedBytes > 0 {
      let wrong =
        evidence.misplacedQueues.isEmpty
        ? "on a queue that could not be found out"
        : "on queue \(Set(evidence.misplacedQueues).sorted().map { "\($0)" }.joined(separator: ", "))"
      causes.append(
        (
          Double(evidence.misplacedBytes),
          "wrong queue: up to \(evidence.misplacedBytes) bytes came in \(wrong) and not on \(place)queue \(queues); steer them: "
            + "ethtool -N \(evidence.interface ?? "DEV") flow-type tcp4 dst-port PORT action \(evidence.queues.first ?? 0)"
        ))
    }
    let kernelCopied = Double(evidence.kernelCopied ?? 0)
    let unexplained = kernelCopied - Double(evidence.misplacedBytes)
    if unexplained >= suspicious * received {
      let split =
        switch evidence.headerSplit {
        case false?: "header/data split is off"
        case true?: "header/data split is on, but the hardware did not apply it"
        case nil: "header/data split may not be active"
        }
      causes.append(
        (
          unexplained,
          "header split: the packets were in ordinary memory although they came in on the right queue; \(split): "
            + "ethtool -G \(evidence.interface ?? "DEV") tcp-data-split on"
        ))
    }
    if evidence.exhaustions > 0 {
      causes.append(
        (
          Double(evidence.drained) + 1,
          "area exhausted: there was no free buffer \(evidence.exhaustions.counted("time")); use a larger --area-size, or fewer streams"
        ))
    }
    if manyShort {
      causes.append(
        (
          0.5,
          "payload in the linear area: \(evidence.shortCompletions) of \(evidence.completions) completions brought fewer "
            + "than \(shortCompletion) bytes, as when the driver copies the beginning of a packet: ethtool -G \(evidence.interface ?? "DEV") "
            + "hds-thresh 0"
        ))
    }
    if evidence.drained > 0, evidence.exhaustions == 0, evidence.misplacedBytes == 0 {
      causes.append(
        (
          Double(evidence.drained),
          "\(evidence.drained) bytes lay in ordinary memory, before the flow reached the queue or because of retransmissions"
        ))
    }
    return causes.sorted { $0.weight > $1.weight }.map(\.sentence)
  }
}
