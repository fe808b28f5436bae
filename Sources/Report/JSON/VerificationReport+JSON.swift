import BoundedJSON

extension VerificationReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["checked_bytes": checkedBytes.json()]
    object["first_wrong_offset"] = firstWrongOffset?.json()
    object["wrong_stream"] = wrongStream?.json()
    object["cpu_seconds"] = cpuSeconds.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      checkedBytes: try members.required("checked_bytes"),
      firstWrongOffset: try members.optional("first_wrong_offset"),
      wrongStream: try members.optional("wrong_stream"), cpuSeconds: try members.required("cpu_seconds"))
  }
}
