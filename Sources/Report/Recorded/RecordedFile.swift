import BoundedJSON

/// Reads what a user names as a report: documents of `--json`, one or more; lines of `--json-stream`; a comparison; a
/// sweep; iperf3's `-J` and `--json-stream`. The file may be cut, foreign, of another version or edited by hand.
public struct RecordedFile {
  private let name: String
  private var documents: [RecordedDocument] = []
  /// How many values the file holds.
  private let count: Int
  private var lines = EventLines()

  /// The documents of a file, in order; at least one.
  ///
  /// - Parameters:
  ///   - name: the file's, for the errors and the pages.
  ///   - limits: what the file may cost.
  public static func documents(
    of bytes: [UInt8], name: String, limits: JSONLimits = .file
  ) throws(RecordedFileError) -> [RecordedDocument] {
    let values = try values(of: bytes, name: name, limits: limits)
    var file = RecordedFile(name: name, count: values.count)
    for (index, value) in values.enumerated() { try file.add(value.value, number: index + 1, offset: value.offset) }
    try file.endLines(place: "at byte \(bytes.count)")
    guard !file.documents.isEmpty else { throw RecordedFileError(file: name, problem: "holds no JSON value") }
    return file.documents
  }

  private init(name: String, count: Int) {
    self.name = name
    self.count = count
  }

  private static func values(
    of bytes: [UInt8], name: String, limits: JSONLimits
  ) throws(RecordedFileError) -> [(offset: Int, value: JSONValue)] {
    do throws(JSONError) {
      let (values, repeatedKey) = try JSONParser.parseSequence(bytes, limits: limits, repeatedKeys: .firstCounts)
      // A stock iperf3 client with several streams writes keys twice; nobody else may.
      if let repeatedKey, !values.allSatisfy({ $0.value.at("start") != nil && !isOurs($0.value) }) { throw repeatedKey }
      return values
    } catch {
      throw RecordedFileError(file: name, place: "at byte \(error.offset)", problem: error.kind.description)
    }
  }

  private static func isOurs(_ value: JSONValue) -> Bool {
    ["zcrx_bench", Comparison.member, Sweep.member].contains { value.at($0) != nil }
  }

  private mutating func add(_ value: JSONValue, number: Int, offset: Int) throws(RecordedFileError) {
    if let event = value.at("event")?.string {
      if event == "start" { try endLines(place: "at byte \(offset)") }
      if let ended = lines.add(event: event, data: value.at("data") ?? .null) { try add(run: ended, number: number) }
      return
    }
    try endLines(place: "at byte \(offset)")
    if let comparison = value.at(Comparison.member) {
      documents.append(.comparison(try read(comparison, Comparison.member, number), name: title(number)))
    } else if let sweep = value.at(Sweep.member) {
      documents.append(.sweep(try read(sweep, Sweep.member, number), name: title(number)))
    } else if value.at("start")?.object != nil, value.at("end")?.object != nil {
      try add(run: value, number: number)
    } else {
      let found = value.object.map {
        "an object with \($0.members.prefix(4).map { Excerpt($0.key).description }.joined(separator: ", "))"
      }
      throw RecordedFileError(
        file: name, place: "value \(number) at byte \(offset)",
        problem: "is \(found ?? value.summary), and no report of zcrx-bench or iperf3")
    }
  }

  /// - Parameter document: iperf3's document, ours with one more member.
  private mutating func add(run document: JSONValue, number: Int) throws(RecordedFileError) {
    guard let ours = document.at("zcrx_bench") else {
      try checkIperf(document, number: number)
      documents.append(.run(RecordedRun(name: title(number), origin: .iperf3, json: document, report: nil)))
      return
    }
    let report: RunReport = try read(ours, "zcrx_bench", number)
    documents.append(.run(RecordedRun(name: title(number), origin: .zcrxBench, json: ours, report: report)))
  }

  private func checkIperf(_ document: JSONValue, number: Int) throws(RecordedFileError) {
    guard let problem = IperfMembers.problem(in: document) else { return }
    throw RecordedFileError(file: name, place: "value \(number), \(problem.path)", problem: problem.problem)
  }

  private func read<Part: ReportPart>(
    _ value: JSONValue, _ member: String, _ number: Int
  ) throws(RecordedFileError) -> Part {
    do {
      return try Part(json: value)
    } catch {
      let path = error.path.isEmpty ? member : "\(member).\(error.path)"
      throw RecordedFileError(file: name, place: "value \(number), \(path)", problem: error.problem)
    }
  }

  private mutating func endLines(place: String) throws(RecordedFileError) {
    guard lines.isOpen else { return }
    guard let document = lines.end() else {
      throw RecordedFileError(
        file: name, place: place, problem: "the lines stop before the end of their test: there is no \"end\" event")
    }
    try add(run: document, number: count)
  }

  private func title(_ number: Int) -> String {
    count == 1 || lines.wasUsed ? name : "\(name) (\(number))"
  }
}
