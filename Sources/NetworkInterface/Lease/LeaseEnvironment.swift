import Glibc
import Linux

/// What surrounds a lease.
struct LeaseEnvironment: Sendable {
  var directory = LeaseJournal.standardDirectory
  /// The program that restores when this process has died, to which the journal's path is added; nil for none.
  var guardian: [String]? = ["/proc/self/exe", "nic", "guard"]
  /// Steps before and after which the process kills itself, for tests; they count from 1.
  var stopBeforeStep: Int?
  var stopAfterStep: Int?

  /// With the debug variables of docs/nic.md.
  static var standard: LeaseEnvironment {
    func number(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }
    var environment = LeaseEnvironment()
    environment.stopBeforeStep = number("ZCRX_BENCH_STOP_BEFORE_STEP")
    environment.stopAfterStep = number("ZCRX_BENCH_STOP_AFTER_STEP")
    return environment
  }

  func path(of identity: JournalIdentity) -> String { "\(directory)/\(identity.fileName)" }

  func stop(at step: Int, if wanted: KeyPath<LeaseEnvironment, Int?>) {
    guard self[keyPath: wanted] == step else { return }
    kill(getpid(), SIGKILL)
  }
}
