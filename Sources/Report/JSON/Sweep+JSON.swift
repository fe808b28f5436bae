import BoundedJSON

extension Sweep: ReportPart {
  /// The whole document: one member, `zcrx_bench_sweep` (docs/compare.md).
  public func document() -> JSONValue { .object([Self.member: json()]) }

  package func json() -> JSONValue {
    campaign.json(with: ["axes": axes.json(), "points": points.json()])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(try Campaign(members), axes: try members.required("axes"))
    guard pointCount < .max else { throw ReportError(path: "axes", problem: "make more points than can be counted") }
    var names: Set<String> = []
    for (index, axis) in axes.enumerated() {
      guard names.insert(axis.name).inserted else {
        throw ReportError(path: "axes[\(index)].name", problem: "stands twice")
      }
      guard Set(axis.values).count == axis.values.count else {
        throw ReportError(path: "axes[\(index)].values", problem: "has a value twice")
      }
    }
    points = try members.required("points")
    var met: Set<[String]> = []
    for (index, point) in points.enumerated() {
      let isOnAxes = point.values.count == axes.count && zip(axes, point.values).allSatisfy { $0.values.contains($1) }
      guard isOnAxes else {
        throw ReportError(
          path: "points[\(index)].values", problem: "must be one value of each of the \(axes.count) axes")
      }
      guard met.insert(point.values).inserted else {
        throw ReportError(path: "points[\(index)].values", problem: "stands twice")
      }
    }
  }
}

extension SweepAxis: ReportPart {
  package func json() -> JSONValue {
    .object(["name": name.json(), "values": values.json()])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(name: try members.required("name"), values: try members.required("values"))
  }
}

extension SweepPoint: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["values": values.json()]
    object["unavailable"] = unavailable?.json()
    object["runs"] = runs.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      values: try members.required("values"), unavailable: try members.optional("unavailable"),
      runs: try members.required("runs"))
  }
}
