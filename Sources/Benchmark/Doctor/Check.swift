/// One line of an examination.
public struct Check: Sendable, Equatable {
  public enum State: String, Sendable, CaseIterable {
    case ok
    /// It is not there, and zero-copy receive does without.
    case absent
    /// It is not as it must be, and the server's preparation of the interface changes that.
    case changedBySetup = "changed_by_setup"
    /// It does not stand in the way, and may cost zero-copied bytes.
    case warning
    /// It stands in the way and can be mended.
    case problem
    /// It stands in the way, and nothing on this machine mends it.
    case impossible
    /// It could not be found out.
    case unknown
  }

  /// A key that stays the same.
  public var name: String
  /// For the reader.
  public var title: String
  public var state: State
  /// What was found.
  public var what: String
  /// How it is now, in a few words, where `what` says what is wrong with that.
  var present: String?
  /// How: the request to the kernel and what it answered, or the file; nil where `what` says it.
  public var check: String?
  /// The command, or the choice, that mends it; nil where nothing does. With `State.changedBySetup`, the command of
  /// ethtool(8) for what the server does by itself.
  public var fix: String?

  public init(
    _ name: String, _ title: String, _ state: State, _ what: String, check: String? = nil, fix: String? = nil
  ) {
    self.name = name
    self.title = title
    self.state = state
    self.what = what
    self.check = check
    self.fix = fix
  }
}
