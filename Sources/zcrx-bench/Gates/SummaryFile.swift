import Glibc
import Linux
import Presentation
import Report
import Synchronization
import SystemPackage

/// A file that tells of the runs of a process so far. What a run adds is written behind what is there, so that a server's
/// thousandth test costs no more than its first; metrics, which cannot be written so, are of the latest runs alone. Nothing
/// waits for the file before `finish`.
final class SummaryFile: Sendable {
  enum Form {
    case junit
    case markdown
    case metrics
  }

  private let name: String
  private let form: Form
  private let signals: TerminationSignals
  /// Orders what is done to the file; the file itself is opened for each.
  private let output: Output
  /// What is no file that can be written over, a FIFO or a terminal, is given its text once, at the end.
  private let isRegular: Bool
  private let state: Mutex<State>

  /// Runs whose text is kept at least, and half of what is kept at most. Their text is all it takes to write the file anew.
  private static let keptRuns = 1000
  /// Each run of a file of metrics is a series of each metric for whoever collects them.
  private static let keptMetrics = 10

  /// - Throws: for a file that cannot be created, before any traffic.
  init(_ name: String, _ form: Form, signals: TerminationSignals) throws(SystemCallError) {
    self.name = name
    self.form = form
    self.signals = signals
    output = Output(descriptor: -1, name: "'\(name)'") { DiagnosticLog.say("error: \($0)") }
    state = Mutex(State())
    // A FIFO would wait for its reader here, and have to be opened once more at the end.
    if !OutputFile.isFIFO(name) { _ = try OutputFile.open(name, [.create, .truncate], signals: signals) }
    isRegular = OutputFile.kind(of: name) == S_IFREG
    ask()
  }

  func add(_ run: JudgedRun) {
    state.withLock { state in
      state.runs += 1
      switch form {
      case .junit: state.add(JUnitDocument.suite(for: run), JUnitDocument.Counts(run))
      case .markdown: state.add(MarkdownSummary.text(for: [run]), JUnitDocument.Counts())
      case .metrics: state.latest = state.latest.suffix(Self.keptMetrics - 1) + [run]
      }
    }
    ask()
  }

  /// Waits until everything is written.
  ///
  /// - Returns: whether everything was, each time.
  func finish() -> Bool {
    if !isRegular { writeOnce() }
    if !OutputWriter.shared.finish([output], signals: signals, patience: ReportStream.patience) {
      output.fail(.interrupted)
    }
    return output.failure == nil
  }

  private func writeOnce() {
    do throws(SystemCallError) {
      let once = Output(owning: try OutputFile.open(name, [], signals: signals), name: output.name)
      OutputWriter.shared.write(Array(state.withLock { text(&$0).pieces.map(\.text).joined() }.utf8), to: once)
      if !OutputWriter.shared.finish([once], signals: signals, patience: ReportStream.patience) {
        output.fail(.interrupted, advice: "its reader has stopped reading")
      }
      if let failure = once.failure { output.fail(failure.errno) }
    } catch {
      output.fail(error.errno, call: error.call, advice: error.advice)
    }
  }

  // MARK: Writing

  private struct State {
    var runs = 0
    /// What each run adds; the oldest are let go, and the file is then written anew.
    var parts: [(text: String, counts: JUnitDocument.Counts)] = []
    var counts = JUnitDocument.Counts()
    var latest: [JudgedRun] = []
    /// Parts that are in the file, and the bytes up to their end and in all; nil where it is to be written anew.
    var written: (parts: Int, end: Int, size: Int)?
    /// The writer has been asked and has not begun.
    var isAsked = false
    /// How often parts were let go.
    var cuts = 0

    mutating func add(_ text: String, _ counts: JUnitDocument.Counts) {
      parts.append((text, counts))
      self.counts = self.counts + counts
      guard parts.count >= 2 * SummaryFile.keptRuns else { return }
      parts.removeFirst(parts.count - SummaryFile.keptRuns)
      self.counts = parts.map(\.counts).reduce(JUnitDocument.Counts(), +)
      cuts += 1
      written = nil
    }
  }

  /// What is to be written where, and what the file then is.
  private struct Plan {
    var pieces: [(offset: Int, text: String)]
    /// Bytes the file must have before, or somebody else has changed it; nil where that is all the same.
    var sizeBefore: Int?
    var written: (parts: Int, end: Int, size: Int)
    var cuts: Int
  }

  private func ask() {
    guard isRegular else { return }
    let wasAsked = state.withLock { state in
      defer { state.isAsked = true }
      return state.isAsked
    }
    if !wasAsked { OutputWriter.shared.perform(on: output) { self.write() } }
  }

  private func write() {
    do {
      let plan = state.withLock { state in
        state.isAsked = false
        return text(&state)
      }
      try carry(out: plan)
    } catch {
      state.withLock { $0.written = nil }
      output.fail((error as? Errno) ?? .ioError)
    }
  }

  private func text(_ state: inout State) -> Plan {
    if case .metrics = form {
      let text = OpenMetricsText.text(for: state.latest, first: state.runs - state.latest.count + 1)
      return Plan(pieces: [(0, text)], written: (0, 0, text.utf8.count), cuts: state.cuts)
    }
    let head = form == .junit ? JUnitDocument.head(state.counts) : ""
    let tail = form == .junit ? JUnitDocument.tail : ""
    let added = state.parts[(state.written?.parts ?? 0)...].map(\.text).joined()
    let begin = state.written?.end ?? head.utf8.count
    let end = begin + added.utf8.count
    // The head comes last: until then it tells of the suites that were there before.
    return Plan(
      pieces: state.written == nil ? [(0, head + added + tail)] : [(begin, added + tail), (0, head)],
      sizeBefore: state.written?.size, written: (state.parts.count, end, end + tail.utf8.count), cuts: state.cuts)
  }

  private func carry(out plan: Plan) throws {
    let file = try FileDescriptor.open(
      FilePath(name), .writeOnly, options: [.create, .closeOnExec], permissions: OutputFile.permissions)
    var plan = plan
    try file.closeAfter {
      if let size = plan.sizeBefore, try file.seek(offset: 0, from: .end) != size {
        plan = state.withLock { state in
          state.written = nil
          return text(&state)
        }
      }
      for piece in plan.pieces {
        _ = try file.writeAll(toAbsoluteOffset: Int64(piece.offset), piece.text.utf8)
      }
      try file.resize(to: Int64(plan.written.size))
    }
    state.withLock { if $0.cuts == plan.cuts { $0.written = plan.written } }
  }
}
