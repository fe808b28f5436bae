import Linux

/// Something the user should know about a lease that is no failure of it.
public struct LeaseRemark: Sendable, Equatable, CustomStringConvertible {
  public enum Kind: Sendable, Equatable {
    /// Somebody else changed it meanwhile; it was left alone.
    case leftAlone
    /// It could not be put back.
    case notRestored
    /// The journal is not about this device as it is now.
    case discarded
    /// An earlier owner died, and its changes have been put back.
    case recovered
    case warning
  }

  public var kind: Kind
  /// One sentence without its full stop.
  public var description: String

  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}

/// What happens during a lease, as it happens.
public enum LeaseEvent: Sendable, Equatable {
  /// The changes to be made, with the commands of ethtool(8) that do the same.
  case planned(LeasePlan, commands: [String])
  /// A change has been made and read back; `number` counts from 1.
  case applied(LeaseChange, number: Int, command: String)
  /// A rule has been inserted, or a context made; the command that does the same.
  case steered(command: String)
  /// A change has been undone and read back, or a rule or context removed; the command that does the same.
  case restored(command: String)
  case remark(LeaseRemark)
}

/// Why there is no lease, or no rule. What had been changed by then has been put back, but for the remarks.
public enum LeaseError: Error, Sendable, Equatable {
  case refused(LeaseRefusal)
  /// Another process prepares or uses the same interface.
  case busy(interface: String)
  /// The kernel refused a change; its own words are in the error.
  case step(command: String, SystemCallError, [LeaseRemark])
  /// The kernel accepted a change, and it is not in effect.
  case withoutEffect(command: String, finding: String, warning: String?, [LeaseRemark])
  case rule(SystemCallError)
  /// The kernel refused to make or delete an RSS context.
  case context(SystemCallError)
  case system(SystemCallError)
}

extension LeaseError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .refused(let refusal): refusal.description
    case .busy(let interface):
      "\(interface) is being used by another zcrx-bench — end it, or choose another interface (-i)"
    case .step(let command, let error, _): "\(error) (\(command))"
    case .withoutEffect(let command, let finding, let warning, _):
      "'\(command)' was accepted without effect: \(finding)" + (warning.map { " — the kernel says: \($0)" } ?? "")
    case .rule(let error), .context(let error), .system(let error): error.description
    }
  }

  /// What could not be put back, or was not ours any more.
  public var remarks: [LeaseRemark] {
    switch self {
    case .step(_, _, let remarks), .withoutEffect(_, _, _, let remarks): remarks
    default: []
    }
  }
}
