import Benchmark
import BoundedJSON

/// An examination as one JSON document, as docs/doctor.md describes it.
enum DoctorDocument {
  static func document(for examination: Examination) -> JSONValue {
    .object([
      "kernel_release": .string(examination.kernelRelease),
      "verdict": .string(examination.verdict.rawValue),
      "exit_status": .unsigned(UInt64(examination.exitStatus.rawValue)),
      "kernel": list(examination.kernel),
      "machine": list(examination.machine),
      "interface": examination.subject.map { subject in
        .object([
          "name": .string(subject.interface), "index": .unsigned(UInt64(subject.index)),
          "queue": .unsigned(UInt64(subject.queue)), "checks": list(subject.checks),
          "setup": subject.setup.map { .array($0.map(JSONValue.string)) } ?? .null,
        ])
      } ?? .null,
    ])
  }

  private static func list(_ checks: [Check]) -> JSONValue {
    .array(
      checks.map { check in
        .object([
          "name": .string(check.name), "state": .string(check.state.rawValue), "found": .string(check.what),
          "check": check.check.map(JSONValue.string) ?? .null, "fix": check.fix.map(JSONValue.string) ?? .null,
        ])
      })
  }
}
