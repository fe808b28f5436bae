import IperfProtocol
import Linux

/// Why a run could not be done, as a sentence with a remedy, and how it is to be told to the caller's shell.
public struct BenchmarkError: Error, Sendable, CustomStringConvertible {
  public let description: String
  public let exitStatus: ExitStatus
  /// What a caller that goes on may want to tell apart.
  let cause: Cause

  enum Cause: Sendable {
    case other
    /// The user ended it.
    case interrupted
    /// No connection came about, or it was lost before the server said a word.
    case unreachable
    /// The server runs another test.
    case busy
    /// The server would not run this test.
    case refused
  }

  public init(_ description: String, _ exitStatus: ExitStatus = .failed) {
    self.init(description, exitStatus, because: .other)
  }

  init(_ description: String, _ exitStatus: ExitStatus = .failed, because cause: Cause) {
    self.description = description
    self.exitStatus = exitStatus
    self.cause = cause
  }

  init(_ error: SystemCallError) {
    self.init(error.description)
  }

  init(_ error: ResolutionError) {
    self.init(error.description)
  }
}

/// The documented exit codes (docs/exit-codes.md).
public enum ExitStatus: Int32, Sendable {
  /// The run did what was asked.
  case done = 0
  /// It did not; a partial report may have been written.
  case failed = 1
  /// It ran, and a gate the user set was not met.
  case gateFailed = 2
  /// The command line was wrong (sysexits.h, EX_USAGE).
  case usage = 64
  /// This machine cannot do what was asked.
  case notSupported = 77
}
