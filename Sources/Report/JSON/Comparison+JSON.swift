import BoundedJSON

extension Comparison: ReportPart {
  /// The whole document: one member, `zcrx_bench_comparison` (docs/compare.md).
  public func document() -> JSONValue { .object([Self.member: json()]) }

  package func json() -> JSONValue {
    campaign.json(with: ["modes": modes.json(), "rounds": rounds.json()])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(try Campaign(members), modes: try members.required("modes"))
    rounds = try members.required("rounds")
    try checkModes(path: path)
  }

  /// A run of a mode that is not in the list would count nowhere; one of the two was edited.
  private func checkModes(path: String) throws(ReportError) {
    let names = Set(modes.map(\.name))
    guard names.count == modes.count else { throw ReportError(path: "modes", problem: "names a mode twice") }
    for (round, runs) in rounds.map(\.runs).enumerated() {
      var met: Set<String> = []
      for (index, run) in runs.enumerated() {
        let place = "rounds[\(round)].runs[\(index)].mode"
        guard let mode = run.mode, names.contains(mode) else {
          throw ReportError(path: place, problem: "is none of the document's modes")
        }
        guard met.insert(mode).inserted else { throw ReportError(path: place, problem: "ran twice in this round") }
      }
    }
  }
}

extension ComparedMode: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["name": name.json()]
    object["label"] = label?.json()
    object["facts"] = facts.json()
    object["unavailable"] = unavailable?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      name: try members.required("name"), label: try members.optional("label"),
      unavailable: try members.optional("unavailable"))
    facts = try members.required("facts")
  }
}

extension ComparisonRound: ReportPart {
  package func json() -> JSONValue {
    .object(["number": number.json(), "runs": runs.json()])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(number: try members.required("number"), runs: try members.required("runs"))
  }
}

extension ComparedRun: ReportPart {
  package func json() -> JSONValue {
    var object = JSONObject()
    object["mode"] = mode?.json()
    object["figures"] = figures.json()
    object["disturbed"] = disturbed?.json()
    object["failure"] = failure?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      mode: try members.optional("mode"), figures: try members.required("figures"),
      disturbed: try members.optional("disturbed"), failure: try members.optional("failure"))
  }
}

extension KeyFigures: ReportPart {
  package func json() -> JSONValue {
    var object = JSONObject()
    object["throughput_bits_per_second"] = throughput?.json()
    object["cpu_seconds_per_gibibyte"] = cpu?.json()
    object["dram_bytes_per_byte"] = dram?.json()
    object["zero_copy_proven"] = zeroCopyProven?.json()
    object["zero_copy_possible"] = zeroCopyPossible?.json()
    object["retransmits"] = retransmits?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init()
    throughput = try members.optional("throughput_bits_per_second")
    cpu = try members.optional("cpu_seconds_per_gibibyte")
    dram = try members.optional("dram_bytes_per_byte")
    zeroCopyProven = try members.optional("zero_copy_proven")
    zeroCopyPossible = try members.optional("zero_copy_possible")
    retransmits = try members.optional("retransmits")
    for metric in Self.metrics {
      guard let value = value(of: metric) else { continue }
      guard metric.unit != .share || value <= 1 else {
        throw ReportError(path: path, problem: "has a \(metric.name) above 1, the whole")
      }
    }
  }
}
