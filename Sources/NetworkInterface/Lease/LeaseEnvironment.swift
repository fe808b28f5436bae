import Glibc
import Linux

/// What surrounds a lease.
struct LeaseEnvironment: Sendable {
  var directory = LeaseJournal.standardDirectory
  /// The arguments with which this program restores when this process has died, but for the journal's path; nil for no
  /// guardian.
  var guardian: [String]? = ["zcrx-bench", "nic", "guard"]
  /// Steps before and after which the process kills itself, for tests; they count from 1.
  var stopBeforeStep: Int?
  var stopAfterStep: Int?
  /// Whether the guardian is killed first then.
  var stopsGuardian = false

  /// Which of the kernel's interfaces RSS is read and set by, whatever was asked for; nil for what was asked for.
  var spreadingPath: RequestPath?

  /// With the debug variables of docs/nic.md.
  static var standard: LeaseEnvironment {
    func number(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }
    var environment = LeaseEnvironment()
    environment.stopBeforeStep = number("ZCRX_BENCH_STOP_BEFORE_STEP")
    environment.stopAfterStep = number("ZCRX_BENCH_STOP_AFTER_STEP")
    environment.stopsGuardian = number("ZCRX_BENCH_STOP_GUARDIAN") == 1
    if number("ZCRX_BENCH_RSS_BY_IOCTL") == 1 { environment.spreadingPath = .commands }
    return environment
  }

  func path(of identity: JournalIdentity) -> String { "\(directory)/\(identity.fileName)" }

  func stop(at step: Int, if wanted: KeyPath<LeaseEnvironment, Int?>, _ guardian: DetachedProcess?) {
    guard self[keyPath: wanted] == step else { return }
    if stopsGuardian, let guardian { kill(guardian.pid, SIGKILL) }
    kill(getpid(), SIGKILL)
  }
}
