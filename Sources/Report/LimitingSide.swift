/// Which side limited the run, and why that is said.
public struct LimitReport: Sendable, Equatable {
  public enum Verdict: String, Sendable, CaseIterable {
    case senderCPU = "sender_cpu"
    case receiverCPU = "receiver_cpu"
    /// Both sides had a full CPU, and which of them held the other back is not known; or they shared one machine's.
    case bothCPUs = "both_cpus"
    /// The receiver's window or the sender's buffer was too small, and no CPU was full.
    case window
    /// None of these: the network, the congestion control, or a rate that was asked for.
    case neither
    /// Others had filled a CPU of the run: neither side's own work was the limit.
    case otherLoad = "other_load"
    case unknown
  }

  public var verdict: Verdict
  /// One sentence, without its full stop.
  public var evidence: String

  public init(_ verdict: Verdict, evidence: String) {
    self.verdict = verdict
    self.evidence = evidence
  }
}

/// The conclusion from what both sides measured. It looks at nothing else.
public struct LimitingSide: Sendable {
  public var sender: LoadEvidence?
  public var receiver: LoadEvidence?
  /// Both sides ran on one machine: a full CPU is nobody's own.
  public var isOneMachine: Bool

  /// - Parameter isLoopback: the connections' both ends have one address, so that a peer that tells nothing is here too.
  public init(sender: LoadEvidence?, receiver: LoadEvidence?, isLoopback: Bool = false) {
    self.sender = sender
    self.receiver = receiver
    isOneMachine = isLoopback || (sender?.boot != nil && sender?.boot == receiver?.boot)
  }

  /// A CPU that is busy so much of its time has no more to give: ticks and the test's two ends take the rest, percent.
  static let full = 95.0
  /// TCP waited so often that waiting was the rule, and so seldom that it was the exception, percent.
  static let rule = 50.0
  static let exception = 10.0
  /// A rate that was asked for counts as reached from here on, percent.
  static let reached = 95.0

  public var report: LimitReport {
    LimitReport(verdict, evidence: "\(reason): \(facts)")
  }

  private var senderIsFull: Bool? { sender.flatMap(Self.isFull) }
  private var receiverIsFull: Bool? { receiver.flatMap(Self.isFull) }
  private var waitsForWindow: Double? { sender?.windowLimitedPercent }
  private var waitsForBuffer: Bool { (sender?.bufferLimitedPercent ?? 0) >= Self.rule }
  private var isPaced: Bool { (sender?.pacedPercent ?? 0) >= Self.reached }

  /// A CPU of the run is full, and would not be without what others used of it.
  private static func isFullOfOthers(_ evidence: LoadEvidence?) -> Bool {
    guard let evidence, let cpu = evidence.busiestCPU, isFull(evidence) == false else { return false }
    return cpu.takenPercent >= full
  }

  /// With its own work. Nil where it was not measured. Time that the hypervisor took was not there to be used.
  private static func isFull(_ evidence: LoadEvidence) -> Bool? {
    let shares = [
      evidence.busiestCPU?.ownPercent, evidence.busiestWorker?.percent,
    ].compactMap { $0 }
    return shares.isEmpty ? nil : shares.contains { $0 >= full }
  }

  private static func hasFullWorker(_ evidence: LoadEvidence?) -> Bool {
    (evidence?.busiestWorker?.percent ?? 0) >= full
  }

  private var verdict: LimitReport.Verdict {
    if isPaced { return .neither }
    let waitsForReceiver = (waitsForWindow ?? 0) >= Self.rule
    if senderIsFull != true, receiverIsFull != true {
      // Whoever waits for the receiver's window is not held back by what others do at the sender.
      if Self.isFullOfOthers(receiver) || (Self.isFullOfOthers(sender) && !waitsForReceiver) { return .otherLoad }
    } else if senderIsFull == true, waitsForReceiver, Self.isFullOfOthers(receiver) {
      return .otherLoad
    }
    if isOneMachine, senderIsFull == true || receiverIsFull == true {
      return switch (Self.hasFullWorker(sender), Self.hasFullWorker(receiver)) {
      case (true, false): .senderCPU
      case (false, true): .receiverCPU
      case (true, true), (false, false): .bothCPUs
      }
    }
    switch (senderIsFull, receiverIsFull) {
    case (true?, true?):
      guard let waitsForWindow else { return .bothCPUs }
      // A full receiver shows in its window; a sender that never waits for it is the slower of the two.
      if waitsForWindow >= Self.rule { return .receiverCPU }
      return waitsForWindow < Self.exception ? .senderCPU : .bothCPUs
    case (_, true?):
      return .receiverCPU
    case (true?, false?):
      return (waitsForWindow ?? 0) >= Self.rule ? .window : .senderCPU
    case (true?, nil):
      // Whoever waits for the window all the time is held back by the other side, however busy it is with waiting.
      return (waitsForWindow ?? 0) >= Self.rule ? .unknown : .senderCPU
    case (false?, false?):
      return (waitsForWindow ?? 0) >= Self.rule || waitsForBuffer ? .window : .neither
    case (false?, nil):
      return waitsForBuffer && (waitsForWindow ?? 0) < Self.rule ? .window : .unknown
    case (nil, _):
      return .unknown
    }
  }

  private var reason: String {
    switch verdict {
    case .senderCPU: "a CPU of the sender was full"
    case .receiverCPU: "a CPU of the receiver was full"
    case .bothCPUs:
      isOneMachine ? "both sides shared the CPUs of one machine, and one was full" : "a CPU of each side was full"
    case .window:
      (waitsForWindow ?? 0) >= Self.rule
        ? "the sender waited for the receiver's window, and no CPU of the receiver was full"
        : "the sender's buffer was too small"
    case .neither:
      isPaced
        ? "the rate that was asked for was reached"
        : "no CPU was full and TCP did not wait for a window: the network or its congestion control"
    case .otherLoad: "a CPU of the run was full, and not of the run's own work"
    case .unknown: "the figures at hand do not tell"
    }
  }

  private var facts: String {
    var facts = [Self.load("sender", sender), Self.load("receiver", receiver)]
    if let window = sender?.windowLimitedPercent, let buffer = sender?.bufferLimitedPercent {
      facts.append(
        "TCP waited for the window \(window.text(decimals: 0)) % and for the send buffer \(buffer.text(decimals: 0)) % "
          + "of the time it had data")
    }
    if let retransmits = sender?.retransmits { facts.append("\(retransmits) segments retransmitted") }
    if let paced = sender?.pacedPercent { facts.append("\(paced.text(decimals: 0)) % of the rate asked for") }
    return facts.joined(separator: "; ")
  }

  private static func load(_ name: String, _ evidence: LoadEvidence?) -> String {
    guard let evidence else { return "the \(name) tells nothing of its CPUs" }
    var parts: [String] = []
    if let cpu = evidence.busiestCPU {
      let stolen = cpu.stolenPercent >= 1 ? ", stolen \(cpu.stolenPercent.text(decimals: 0)) %" : ""
      let others =
        cpu.othersPercent.flatMap { $0 > DisturbanceLimits.load ? ", others \($0.text(decimals: 0)) %" : nil } ?? ""
      parts.append(
        "CPU \(cpu.cpu) \(cpu.busyPercent.text(decimals: 0)) % busy "
          + "(softirq \(cpu.softirqPercent.text(decimals: 0)) %\(stolen)\(others))")
    }
    if let worker = evidence.busiestWorker {
      parts.append("worker \(worker.index) \(worker.percent.text(decimals: 0)) %")
    }
    return parts.isEmpty ? "the \(name)'s CPUs were not measured" : "\(name) \(parts.joined(separator: ", "))"
  }
}

extension RunReport {
  /// Which side limited the run; nil while nothing is known of this side's load.
  public var limit: LimitReport? {
    guard var load else { return nil }
    var peerLoad = peerLoad
    if isLoopback || (load.boot != nil && load.boot == peerLoad?.boot) {
      // Each side alone takes the other's work for others'.
      let percent = percentOfBothSides
      load.busiestCPU?.judgeOthers(percent)
      peerLoad?.busiestCPU?.judgeOthers(percent)
    }
    let (sender, receiver) = role == .client ? (load, peerLoad) : (peerLoad, load)
    return LimitingSide(sender: sender, receiver: receiver, isLoopback: isLoopback).report
  }
}

extension RunReport {
  /// CPU time of both sides' processes, percent of one CPU, from figures that both sides have, so that both come to one
  /// conclusion; nil where the other side does not tell.
  private var percentOfBothSides: Double? {
    guard let peer = processor.peer, network?.queues.contains(where: { $0.thread != nil }) != true else { return nil }
    return processor.totalPercent + peer.totalPercent
  }
}

extension LoadEvidence.CPULoad {
  /// Of a CPU of the machine on which both sides ran: all their work may have been done there.
  fileprivate mutating func judgeOthers(_ percentOfBothSides: Double?) {
    othersPercent = percentOfBothSides.map { max(0, busyPercent - softirqPercent - $0) }
  }
}
