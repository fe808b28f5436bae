import BoundedJSON

extension DisturbanceReport: ReportPart {
  package func json() -> JSONValue {
    .object(["seen": seen.json(), "unknown": unknown.json()])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init()
    seen = try members.required("seen")
    unknown = try members.required("unknown")
  }
}

extension Disturbance.Kind: ReportPart {}

extension Disturbance: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["kind": kind.json(), "side": side.json()]
    object["cpu"] = cpu?.json()
    object["sentence"] = sentence.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      try members.required("kind"), side: try members.required("side"), cpu: try members.optional("cpu"),
      try members.required("sentence"))
  }
}

extension UnknownDisturbance: ReportPart {
  package func json() -> JSONValue {
    .object(["kind": kind.json(), "side": side.json(), "reason": reason.json()])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(try members.required("kind"), side: try members.required("side"), try members.required("reason"))
  }
}
