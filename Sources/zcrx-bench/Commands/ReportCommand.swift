import ArgumentParser
import Benchmark
import Presentation
import Report

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Shows reports that were written with --json: as text, an HTML page, a picture or a table.",
    discussion: """
      FILES hold runs (--json, --json-stream), comparisons, sweeps, or iperf3's own JSON; a folder stands for its .json \
      and .jsonl files, - for standard input. The page needs no network and no other file.
      """)

  @Argument(help: "Reports, folders of them, patterns, or -.")
  var files: [String]

  @Option(help: ArgumentHelp("Write one HTML page with everything to FILE; - is standard output.", valueName: "file"))
  var html: String?

  @Option(help: ArgumentHelp("Write one picture to FILE; - is standard output.", valueName: "file"))
  var svg: String?

  @Option(
    help: ArgumentHelp(
      "Which picture: throughput, zero-copy, cpu, memory, completion-sizes, comparison, dram, sweep, sweep-cpu. (default: the first there is)",
      valueName: "name"))
  var chart: String?

  @Option(help: ArgumentHelp("Write a table as CSV to FILE; - is standard output.", valueName: "file"))
  var csv: String?

  @Option(help: "Which table: runs or intervals. (default: runs)")
  var table: CSVTable.Kind?

  @Flag(name: .long, help: "Leave out runs of comparisons and sweeps that something disturbed.")
  var excludeDisturbed = false

  func validate() throws {
    if chart != nil, svg == nil { throw ValidationError("--chart chooses the picture of --svg: give both") }
    if table != nil, csv == nil { throw ValidationError("--table chooses the table of --csv: give both") }
    if excludeDisturbed, csv != nil, html == nil, svg == nil {
      throw ValidationError("--csv holds every run and what disturbed it: --exclude-disturbed is not for it")
    }
    if [html, svg, csv].filter({ $0 == ReportOptions.standardOutput }).count > 1 {
      throw ValidationError("only one of --html, --svg and --csv can go to standard output")
    }
  }

  func run() throws {
    try reportingErrors {
      let documents = try RecordedFiles.documents(files)
      var failed = false
      if let html {
        failed = try write(ReportPage(documents, excludingDisturbed: excludeDisturbed).html, to: html) || failed
      }
      if let svg { failed = try write(try picture(of: documents).file, to: svg) || failed }
      if let csv { failed = try write(CSVTable(table ?? .runs, of: documents).text, to: csv) || failed }
      if html == nil, svg == nil, csv == nil {
        let stream = ReportStream()
        for (index, document) in documents.enumerated() {
          if index > 0 { stream.write(lines: [""]) }
          stream.write(lines: RecordedText.lines(for: document, excludingDisturbed: excludeDisturbed))
        }
        failed = !stream.finish()
      }
      if failed { throw ExitCode(ExitStatus.failed.rawValue) }
    }
  }

  private func picture(of documents: [RecordedDocument]) throws -> Chart {
    let charts = documents.flatMap { $0.charts(excludingDisturbed: excludeDisturbed) }
    let chosen = chart.map { name in charts.first { $0.name == name } } ?? charts.first
    guard let chosen else {
      let names = charts.isEmpty ? "none" : charts.map(\.name).joined(separator: ", ")
      throw BenchmarkError("these reports have no such picture; there are: \(names)")
    }
    return chosen
  }

  /// - Returns: whether it failed.
  private func write(_ text: String, to file: String) throws -> Bool {
    let stream = file == ReportOptions.standardOutput ? ReportStream() : try ReportStream(file: file)
    stream.write(Array(text.utf8))
    return !stream.finish()
  }
}

extension CSVTable.Kind: ExpressibleByArgument {}
