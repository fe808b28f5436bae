import SystemPackage

/// One thing about an interface, a queue or this process that is in the way of zero-copy receive.
public struct ReceiveFinding: Sendable, Equatable {
  /// What it is about.
  public enum Subject: String, Sendable, Equatable, CaseIterable {
    case privileges
    case lockedMemory = "locked_memory"
    case driver
    case lowerDevice = "lower_device"
    case queueRange = "queue_range"
    case queueHolder = "queue_holder"
    case queueSpecial = "queue_special"
    case tcpDataSplit = "tcp_data_split"
    case headerDataSplitThreshold = "hds_thresh"
    case expressDataPath = "xdp"
    case hardwareGRO = "rx_gro_hw"
    case link
    case channels
    case receiveSideScaling = "rss"
  }

  public enum Weight: String, Sendable, Equatable {
    /// Registration would be refused.
    case refusal
    /// It would be accepted, or nobody can know beforehand, and harm may come of it.
    case risk
    /// It could not be checked here; registration may be refused for it.
    case unchecked
  }

  public var subject: Subject
  public var weight: Weight
  /// What is the matter, as a clause.
  public var what: String
  /// How that was found out: the request to the kernel and what it answered.
  public var check: String
  /// The command, or the choice, that mends it; nil where nothing does.
  public var fix: String?
  /// What registering would answer because of it; empty where it would not be refused.
  public var answers: [Errno]

  public init(
    _ subject: Subject, _ weight: Weight, what: String, check: String, fix: String? = nil, answers: [Errno] = []
  ) {
    self.subject = subject
    self.weight = weight
    self.what = what
    self.check = check
    self.fix = fix
    self.answers = answers
  }
}

extension ReceiveFinding: CustomStringConvertible {
  public var description: String { "\(what) (\(check))" + (fix.map { "; \($0)" } ?? "") }
}
