import Benchmark
import BoundedJSON
import Linux
import Presentation
import Report

/// Shows and keeps a campaign: progress on standard error, the table or the document on standard output, the document so
/// far in a file after each run.
final class CampaignOutput<Document: CampaignDocument>: CampaignObserver {
  private let file: CampaignFile?
  private let page: CampaignFile?
  private let hasDocumentAlone: Bool
  private let excludesDisturbed: Bool
  private let stream: ReportStream

  /// - Parameter json: as given with --json; nil writes none.
  init(
    json: String?, html: String?, excludingDisturbed: Bool, signals: TerminationSignals
  ) throws(SystemCallError) {
    hasDocumentAlone = json == ReportOptions.standardOutput
    file = json == nil || hasDocumentAlone ? nil : try CampaignFile(json ?? "", signals: signals)
    page = try html.map { (name) throws(SystemCallError) in try CampaignFile(name, signals: signals) }
    excludesDisturbed = excludingDisturbed
    stream = ReportStream(signals: signals)
  }

  func progress(_ line: String) {
    DiagnosticLog.say(line)
  }

  func measured(_ document: Document) throws(BenchmarkError) {
    do throws(SystemCallError) {
      try file?.replace(with: bytes(of: document))
    } catch {
      throw BenchmarkError(error.description)
    }
  }

  /// Shows and keeps the whole. What cannot be kept is shown all the same: it may have taken hours.
  ///
  /// - Returns: how the process ends.
  func finish(_ document: Document) -> ExitStatus {
    show(document)
    let isKept = keep(document)
    let uncounted = excludesDisturbed ? document.uncounted : []
    if !uncounted.isEmpty {
      DiagnosticLog.say("error: --exclude-disturbed leaves no run of \(uncounted.joined(separator: ", "))")
    }
    let isDone = document.campaign.outcome.status == .completed && uncounted.isEmpty
    return stream.finish() && isDone && isKept ? .done : .failed
  }

  private func keep(_ document: Document) -> Bool {
    let recorded = document.recorded(name: file?.name ?? "this campaign")
    let writes: [(CampaignFile?, () -> [UInt8])] = [
      (file, { self.bytes(of: document) }),
      (page, { Array(ReportPage([recorded], excludingDisturbed: self.excludesDisturbed).html.utf8) }),
    ]
    var isKept = true
    for case (let file?, let bytes) in writes {
      do throws(SystemCallError) {
        try file.finish(with: bytes())
      } catch {
        DiagnosticLog.say("error: \(error)")
        isKept = false
      }
    }
    return isKept
  }

  private func show(_ document: Document) {
    if hasDocumentAlone {
      stream.write(bytes(of: document))
      if let reason = document.campaign.outcome.reason {
        DiagnosticLog.say("\(document.campaign.outcome.status): \(reason)")
      }
    } else {
      stream.write(lines: document.text(excludingDisturbed: excludesDisturbed))
    }
  }

  private func bytes(of document: Document) -> [UInt8] {
    document.document().serialized(pretty: true) + [UInt8(ascii: "\n")]
  }
}

/// A comparison or a sweep.
protocol CampaignDocument {
  var campaign: Campaign { get }
  func document() -> JSONValue
  func text(excludingDisturbed: Bool) -> [String]
  func recorded(name: String) -> RecordedDocument
  /// What could run and has no run that nothing disturbed.
  var uncounted: [String] { get }
}

extension Comparison: CampaignDocument {
  func text(excludingDisturbed: Bool) -> [String] {
    ComparisonText(self, excludingDisturbed: excludingDisturbed).lines
  }

  func recorded(name: String) -> RecordedDocument { .comparison(self, name: name) }

  var uncounted: [String] {
    ComparisonAnalysis(self, excludingDisturbed: true).modes.filter { $0.mode.unavailable == nil && $0.count == 0 }
      .map(\.mode.name)
  }
}

extension Sweep: CampaignDocument {
  func text(excludingDisturbed: Bool) -> [String] { SweepText(self, excludingDisturbed: excludingDisturbed).lines }

  func recorded(name: String) -> RecordedDocument { .sweep(self, name: name) }

  var uncounted: [String] {
    excludingDisturbed().points.filter { $0.unavailable == nil && $0.completed.isEmpty }.map(label)
  }
}
