import BoundedJSON

extension DistributionReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = [
      "count": count.json(),
      "minimum": minimum.json(),
      "median": median.json(),
      "percentile_99": percentile99.json(),
      "maximum": maximum.json(),
    ]
    object["classes"] = classes?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      count: try members.required("count"), minimum: try members.required("minimum"),
      median: try members.required("median"), percentile99: try members.required("percentile_99"),
      maximum: try members.required("maximum"))
    classes = try members.optional("classes")
  }
}

extension SampleClass: ReportPart {
  package func json() -> JSONValue {
    .object(["at_least": atLeast.json(), "at_most": atMost.json(), "samples": samples.json()])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      atLeast: try members.required("at_least"), atMost: try members.required("at_most"),
      samples: try members.required("samples"))
  }
}
