/// What disturbed a run, as far as its own evidence tells (docs/measurement.md).
public struct DisturbanceReport: Sendable, Equatable {
  /// Of both sides, where the other side told; empty where nothing was seen, which is no proof that nothing was there.
  public var seen: [Disturbance] = []
  /// What could not be judged.
  public var unknown: [UnknownDisturbance] = []

  public init() {}
}

/// One thing that disturbed a run.
public struct Disturbance: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    /// The hypervisor gave time of the run's CPUs to somebody else.
    case steal
    /// A CPU of the run changed its frequency, or the governor of it was changed.
    case frequency
    /// A CPU of the run was slowed down because of its temperature.
    case throttle
    /// The sender's CPU was the limit: the run did not measure its receiver.
    case sender
    /// Packets that were not the run's came or went through its interface.
    case traffic
    /// Others used the run's CPUs.
    case load
    /// This side's process stood still: it was stopped, or got no CPU.
    case pause
  }

  public var kind: Kind
  /// Whose evidence says so.
  public var side: RunReport.Role
  /// The CPU it is about; nil where it is about none, or several.
  public var cpu: Int?
  /// One sentence, without its full stop: what was measured, and the limit it exceeded.
  public var sentence: String

  public init(_ kind: Kind, side: RunReport.Role, cpu: Int? = nil, _ sentence: String) {
    self.kind = kind
    self.side = side
    self.cpu = cpu
    self.sentence = sentence
  }
}

/// A kind of disturbance that a side can say nothing about.
public struct UnknownDisturbance: Sendable, Equatable {
  public var kind: Disturbance.Kind
  public var side: RunReport.Role
  /// Why, in words that end a sentence.
  public var reason: String

  public init(_ kind: Disturbance.Kind, side: RunReport.Role, _ reason: String) {
    self.kind = kind
    self.side = side
    self.reason = reason
  }
}
