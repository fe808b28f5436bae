/// How a session ended, for the server to show.
enum SessionOutcome {
  case finished(FinishedRun)
  /// It ended before any traffic.
  case refused(String)
}
