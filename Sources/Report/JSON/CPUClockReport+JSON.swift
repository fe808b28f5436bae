import BoundedJSON

extension CPUClockReport: ReportPart {
  package func json() -> JSONValue {
    var object = JSONObject()
    object["khz_at_begin"] = kilohertzAtBegin?.json()
    object["khz_at_end"] = kilohertzAtEnd?.json()
    object["governor_at_begin"] = governorAtBegin?.json()
    object["governor_at_end"] = governorAtEnd?.json()
    object["throttles"] = throttles?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init()
    kilohertzAtBegin = try members.optional("khz_at_begin")
    kilohertzAtEnd = try members.optional("khz_at_end")
    governorAtBegin = try members.optional("governor_at_begin")
    governorAtEnd = try members.optional("governor_at_end")
    throttles = try members.optional("throttles")
  }
}
