import Benchmark
import Report

/// An examination for a terminal of 100 columns and 40 lines.
enum DoctorText {
  static let columns = 100
  /// Where the findings begin.
  private static let margin = 33

  static func lines(for examination: Examination) -> [String] {
    var lines = ["Kernel \(examination.kernelRelease), zero-copy receive:"] + kernel(examination.kernel)
    lines += ["Machine:"] + examination.machine.flatMap(line)
    if let subject = examination.subject {
      lines += ["Interface \(subject.interface), queue \(subject.queue):"] + subject.checks.flatMap(line)
    }
    return (lines + wrapped(conclusion(examination), indent: 0)).map { $0.printable }
  }

  static func word(for state: Check.State) -> String {
    switch state {
    case .ok: "ok"
    case .absent: "absent"
    case .changedBySetup: "by setup"
    case .warning: "warning"
    case .problem: "PROBLEM"
    case .impossible: "NO"
    case .unknown: "unknown"
    }
  }

  /// What the kernel has beyond the base decides about nothing: a line for each state, not for each option. The JSON
  /// document has their reasons.
  private static func kernel(_ checks: [Check]) -> [String] {
    var (lines, title) = (checks.prefix(1).flatMap(line), "options")
    for state in Check.State.allCases {
      let titles = checks.dropFirst().filter { $0.state == state }.map(\.title)
      guard !titles.isEmpty else { continue }
      lines += line(Check("", title, state, titles.joined(separator: "; ")))
      title = ""
    }
    return lines
  }

  /// The fix stands beside the finding where there is room.
  private static func line(_ check: Check) -> [String] {
    let head = "  " + padded(check.title, 22) + padded(word(for: check.state), margin - 24)
    var found = wrapped(check.what, indent: margin)
    if let fix = check.fix {
      if found.count == 1, found[0].count + 3 + fix.count <= columns {
        found[0] += " → \(fix)"
      } else {
        found += wrapped("→ \(fix)", indent: margin)
      }
    }
    return [head + found[0].drop { $0 == " " }] + found.dropFirst()
  }

  private static func conclusion(_ examination: Examination) -> String {
    func titles(_ state: Check.State) -> String {
      examination.checks.filter { $0.state == state }.map(\.title).joined(separator: ", ")
    }
    let place = examination.subject.map { " on queue \($0.queue) of \($0.interface)" } ?? ""
    switch examination.verdict {
    case .ready:
      let changed = titles(.changedBySetup)
      return "Nothing that was found stands in the way of zero-copy receive\(place)"
        + (changed.isEmpty ? "." : "; the server prepares: \(changed).")
    case .problem: return "In the way of zero-copy receive\(place), and can be mended: \(titles(.problem))."
    case .unsupported: return "This machine cannot receive zero-copy\(place): \(titles(.impossible))."
    }
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  /// At least one line, each beginning with `indent` spaces; only a word longer than a line goes beyond it.
  static func wrapped(_ text: String, indent: Int) -> [String] {
    let blank = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, indent + line.count + 1 + word.count > columns {
        lines.append(blank + line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " \(word)"
    }
    return lines + [blank + line]
  }
}
