import BoundedJSON

extension DistributionReport: ReportPart {
  package func json() -> JSONValue {
    .object([
      "count": count.json(),
      "minimum": minimum.json(),
      "median": median.json(),
      "percentile_99": percentile99.json(),
      "maximum": maximum.json(),
    ])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      count: try members.required("count"), minimum: try members.required("minimum"),
      median: try members.required("median"), percentile99: try members.required("percentile_99"),
      maximum: try members.required("maximum"))
  }
}
