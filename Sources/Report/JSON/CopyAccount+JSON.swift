import BoundedJSON

extension CopyAccount: ReportPart {
  package func json() -> JSONValue {
    var object = JSONObject()
    object["copied"] = copied?.json()
    object["zero_copied"] = zeroCopied?.json()
    object["discarded"] = discarded.json()
    object["method"] = method.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      copied: try members.optional("copied"), zeroCopied: try members.optional("zero_copied"),
      discarded: try members.required("discarded"), method: try members.required("method"))
  }
}

extension ByteBounds: ReportPart {
  package func json() -> JSONValue {
    .object(["at_least": atLeast.json(), "at_most": atMost.json()])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(atLeast: try members.required("at_least"), atMost: try members.required("at_most"))
    guard atLeast <= atMost else {
      throw ReportError(path: path, problem: "has at_least \(atLeast) above at_most \(atMost)")
    }
  }
}
