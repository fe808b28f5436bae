/// Why an interface cannot be prepared as wished, found before anything was changed.
public struct LeaseRefusal: Error, Sendable, Equatable {
  public enum Reason: Sendable, Equatable {
    case noQueue
    case linkDown
    case expressDataPath
    case oneChannel
    case queueBeyondMaximum
    case noOtherQueue
    case queueCannotRestart
    case queueHeld
    case noDataSplit
    case noHardwareGRO
    case noFlowRules
    case noSpreading
    case tableCannotBeResized
    case contextUsesQueue
    case ruleUsesQueue
    case ringSize
    case noDeferral
    case deferralWithoutTimeout
  }

  public var reason: Reason
  /// A clause: "queue 3 is held by an io_uring".
  public var what: String
  /// What the user can do: a command where there is one.
  public var fix: String?

  public init(_ reason: Reason, _ what: String, fix: String? = nil) {
    self.reason = reason
    self.what = what
    self.fix = fix
  }

  /// This machine cannot do it at all, as opposed to: somebody else's setting is in the way.
  public var isUnsupported: Bool {
    switch reason {
    case .oneChannel, .queueCannotRestart, .noDataSplit, .noHardwareGRO, .noFlowRules, .noSpreading, .noDeferral: true
    default: false
    }
  }

  /// The command line asks for what there is not.
  public var isUsage: Bool {
    [.noQueue, .queueBeyondMaximum, .noOtherQueue, .ringSize, .deferralWithoutTimeout].contains(reason)
  }
}

extension LeaseRefusal: CustomStringConvertible {
  public var description: String { what + (fix.map { " — \($0)" } ?? "") }
}
