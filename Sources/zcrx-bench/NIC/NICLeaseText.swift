import Benchmark
import NetworkInterface

/// A lease's events: commands to standard output, remarks to standard error.
enum NICLeaseText {
  static func tell(_ event: LeaseEvent, to stream: ReportStream) {
    switch event {
    case .planned: break
    case .applied(_, _, let command), .steered(let command), .restored(let command): stream.write(lines: [command])
    case .remark(let remark): DiagnosticLog.say("\(remark.kind == .notRestored ? "warning: " : "")\(remark)")
    }
  }
}

enum NICLeaseErrors {
  /// Gives a lease's error its exit status.
  static func translated<Value>(_ body: () throws(LeaseError) -> Value) throws(BenchmarkError) -> Value {
    do throws(LeaseError) {
      return try body()
    } catch {
      guard case .refused(let refusal) = error else { throw BenchmarkError("\(error)") }
      let status: ExitStatus = refusal.isUsage ? .usage : refusal.isUnsupported ? .notSupported : .failed
      throw BenchmarkError("\(error)", status)
    }
  }
}
