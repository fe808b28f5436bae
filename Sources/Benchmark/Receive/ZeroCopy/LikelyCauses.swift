import NetworkInterface
import Report

/// Why a run brought less without a copy than it should have, worked out from what was measured; most likely first.
struct LikelyCauses {
  /// One zero-copy run as far as the causes need it.
  struct Evidence {
    var interface: String?
    var queues: [Int] = []
    var received: UInt64 = 0
    var zeroCopied = ByteBounds(exactly: 0)
    /// Streams whose last packet came in on no queue of ours.
    var misplaced: [MisplacedStream] = []
    /// Whose flow rules lead to the queues; `none` where they are the user's.
    var steering = SteeringMethod.none
    /// Bytes that arrived before the rule of their stream was in place, or a few more.
    var bytesBeforeRules: UInt64 = 0
    /// What the driver counted on the interface's other queues meanwhile, everybody's; nil where it does not tell.
    var otherQueueBytes: UInt64?
    /// Of the bytes received through rings, as the kernel counts; nil where it does not.
    var kernelCopied: UInt64?
    /// Of those that were copied, bytes in the linear area of packets; nil where that is not known.
    var linear: UInt64?
    /// Bytes that RECV_ZC could not deliver and recv() took.
    var drained: UInt64 = 0
    /// The kernel or the driver ran out of buffers: events and re-arms.
    var exhaustions: UInt64 = 0
    /// Completions that brought less than `shortCompletion` bytes, of all.
    var shortCompletions: UInt64 = 0
    var completions: UInt64 = 0
    /// TCP segments that came in, and what they brought, omitted seconds included; nil where that is not known.
    var segments: (count: UInt64, bytes: UInt64)?
    /// Bytes of a buffer that the driver writes payload into.
    var bufferLength: UInt64 = 4096
    /// Whether header/data split is on, as far as the driver tells.
    var headerSplit: Bool?
  }

  /// A stream whose last packet came in on no queue of ours.
  struct MisplacedStream {
    /// Of those received, as many as may have been copied.
    var bytes: UInt64
    var origin: ReceiveOrigin
    /// Which packets of this host it is: what a rule for its port has to match.
    var flow: TCPFlow
    /// A rule of ours sends it to the queues.
    var hasRule = false
    var hasExtensionHeaders = false
  }

  /// Bytes below which a completion is short.
  static let shortCompletion = 512

  /// A run is suspicious when this share of it, or more, may or must have been copied.
  static let suspicious = 0.1

  static func sentences(_ evidence: Evidence) -> [String] {
    evidence.received > 0 ? LikelyCauses(evidence).sentences : []
  }

  private let evidence: Evidence
  private let enough: UInt64
  private var causes: [(weight: UInt64, sentence: String)] = []

  private init(_ evidence: Evidence) {
    self.evidence = evidence
    enough = UInt64((Self.suspicious * Double(evidence.received)).rounded(.up))
    let certainlyCopied = evidence.received - min(evidence.received, evidence.zeroCopied.atMost)
    let uncounted = evidence.kernelCopied == nil ? evidence.bytesBeforeRules : 0
    if max(certainlyCopied, misplacedBytes, uncounted) >= enough { addCopied() }
    addLinear()
  }

  private var sentences: [String] { causes.sorted { $0.weight > $1.weight }.map(\.sentence) }
  private var device: String { evidence.interface ?? "DEV" }
  private var place: String {
    (evidence.interface.map { "\($0) " } ?? "") + "queue " + evidence.queues.map { "\($0)" }.joined(separator: ", ")
  }

  // MARK: In ordinary memory

  /// A stream that was on our queue until its last packet is no cause: on other queues of the interface cannot have been
  /// more than the driver counted there.
  private var misplacedBytes: UInt64 {
    let elsewhere = Self.sum(evidence.misplaced.filter { !$0.origin.isOtherQueue })
    let onOthers = Self.sum(evidence.misplaced.filter(\.origin.isOtherQueue))
    return elsewhere + min(onOthers, evidence.otherQueueBytes.map { $0 + evidence.bytesBeforeRules } ?? .max)
  }

  private static func sum(_ streams: [MisplacedStream]) -> UInt64 { streams.reduce(0) { $0 &+ $1.bytes } }

  /// What the kernel or recv() copied lay in ordinary memory. Each cause explains as much of it as it may; the next ones
  /// have the rest.
  private mutating func addCopied() {
    var rest = (evidence.kernelCopied ?? 0) + evidence.drained
    func explain(_ bytes: UInt64) -> UInt64 {
      let explained = min(bytes, rest)
      rest -= explained
      return explained
    }
    if misplacedBytes >= enough || misplacedBytes > 0 && rest > 0 { addMisplaced() }
    _ = explain(misplacedBytes)
    let explained = explain(evidence.bytesBeforeRules)
    // The kernel's count knows better than when the rule was made.
    let early = evidence.kernelCopied == nil ? evidence.bytesBeforeRules : explained
    if early >= enough {
      causes.append(
        (
          early,
          "before the rule: up to \(early) bytes arrived on other queues before the flow rule of their stream was made; "
            + "--steer port has its rule before the first packet"
        ))
    }
    if evidence.exhaustions > 0 {
      causes.append(
        (
          evidence.drained + 1,
          "area exhausted: there was no free buffer \(evidence.exhaustions.counted("time")); use a larger --area-size, or fewer streams"
        ))
      _ = explain(evidence.drained)
    }
    // The last packet alone tells a stream's queue.
    let onOthers = Self.sum(evidence.misplaced.filter(\.origin.isOtherQueue))
    let counted = evidence.otherQueueBytes ?? 0
    let earlier = explain(counted - min(counted, onOthers))
    if earlier >= enough {
      causes.append(
        (
          earlier,
          "wrong queue: up to \(earlier) bytes came in on other queues than \(place), although the last packets of their "
            + "streams came in there; the driver counted \(counted) bytes on other queues meanwhile"
        ))
    }
    if rest >= enough { addOrdinary(rest) }
  }

  private mutating func addOrdinary(_ bytes: UInt64) {
    if (evidence.kernelCopied ?? 0) < evidence.drained {
      causes.append(
        (
          bytes,
          "\(bytes) bytes lay in ordinary memory, before the flow reached the queue or because of retransmissions"
        ))
      return
    }
    let setting = "ethtool -G \(device) tcp-data-split on"
    let split =
      switch evidence.headerSplit {
      case false?: "header/data split is off: \(setting)"
      case true?: "header/data split is on, but the hardware did not apply it to them"
      case nil: "header/data split may not be active: \(setting)"
      }
    let queue =
      evidence.otherQueueBytes == nil
      ? "came in on the right queue at last (the driver does not tell what came in on others)"
      : "came in on the right queue"
    causes.append((bytes, "header split: \(bytes) bytes were in ordinary memory although they \(queue); \(split)"))
  }

  // MARK: On no queue of ours

  private mutating func addMisplaced() {
    var groups: [MisplacedGroup: [MisplacedStream]] = [:]
    for stream in evidence.misplaced { groups[MisplacedGroup(stream), default: []].append(stream) }
    for (group, streams) in groups {
      let bytes = Self.sum(streams)
      guard bytes > 0 else { continue }
      causes.append((bytes, sentence(group, min(bytes, misplacedBytes), streams)))
    }
  }

  private enum MisplacedGroup: Hashable {
    case sameHost
    case interface(String)
    case extensionHeaders
    case otherQueue(hasRule: Bool)

    init(_ stream: MisplacedStream) {
      switch stream.origin {
      case .sameHost: self = .sameHost
      case .interface(let name): self = .interface(name)
      case .queue, .unknown:
        self = stream.hasRule && stream.hasExtensionHeaders ? .extensionHeaders : .otherQueue(hasRule: stream.hasRule)
      }
    }
  }

  private func sentence(_ group: MisplacedGroup, _ bytes: UInt64, _ streams: [MisplacedStream]) -> String {
    let numbers = Set(streams.compactMap(\.origin.queue)).sorted().map { "\($0)" }.joined(separator: ", ")
    let wrong = numbers.isEmpty ? "on a queue that could not be found out" : "on queue \(numbers)"
    switch group {
    case .sameHost:
      return "same host: \(bytes) bytes came from this host itself, over lo; no packet of them goes through \(device)"
    case .interface(let name):
      return
        "other interface: up to \(bytes) bytes came in on \(name) and not on \(device): connect to an address that is "
        + "reached through \(device)"
    case .extensionHeaders:
      return
        "IPv6 extension headers: up to \(bytes) bytes came in \(wrong) and not on \(place), because the flow rules, "
        + "which match TCP right behind the IPv6 header, did not match their packets"
    case .otherQueue(let hasRule):
      return "wrong queue: up to \(bytes) bytes came in \(wrong) and not on \(place)" + advice(hasRule, streams)
    }
  }

  private func advice(_ hasRule: Bool, _ streams: [MisplacedStream]) -> String {
    if hasRule { return ", although a flow rule of ours sends them there: the NIC did not apply it" }
    guard evidence.steering == .none else { return ": no flow rule was made for their streams" }
    let queue = UInt32(clamping: evidence.queues.first ?? 0)
    let commands = streams.map(\.flow).reduce(into: [TCPFlow]()) { if !$0.contains($1) { $0.append($1) } }
      .map { FlowRule(.tcp($0), to: .queue(queue)).command(for: device) }
    return "; steer them: \(commands.joined(separator: "; "))"
  }

  // MARK: In the linear area

  /// Many short completions are nothing but short segments, unless segments that fit in one buffer took several.
  private mutating func addLinear() {
    let (short, completions) = (evidence.shortCompletions, evidence.completions)
    guard let (segments, bytes) = evidence.segments, segments > 0, completions > 0,
      Double(short) >= 0.25 * Double(completions),
      evidence.linear.map({ $0 > 0 }) ?? (evidence.zeroCopied.atLeast < evidence.received / 2)
    else { return }
    let length = bytes / segments
    let buffers = max(1, (length + evidence.bufferLength - 1) / max(1, evidence.bufferLength))
    let (due, isBeyond) = segments.multipliedReportingOverflow(by: buffers)
    guard !isBeyond, completions > due, completions - due >= short / 2 else { return }
    causes.append(
      (
        0,
        "payload in the linear area: \(segments) segments of \(length) bytes on average took \(completions) completions, "
          + "\(short) of them of fewer than \(Self.shortCompletion) bytes, as when the driver leaves the beginning of a packet "
          + "with its headers; that is copied, and the kernel's count may leave it out"
      ))
  }
}

extension ReceiveOrigin {
  fileprivate var queue: Int? {
    if case .queue(let number) = self { number } else { nil }
  }

  /// Not another interface, as far as is known.
  fileprivate var isOtherQueue: Bool {
    switch self {
    case .queue, .unknown: true
    case .sameHost, .interface: false
    }
  }
}
