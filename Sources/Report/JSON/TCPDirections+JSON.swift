import BoundedJSON

extension TCPSending: ReportPart {
  package func json() -> JSONValue {
    .object([
      "busy_us": busy.json(),
      "window_limited_us": windowLimited.json(),
      "buffer_limited_us": bufferLimited.json(),
    ])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      busy: try members.required("busy_us"), windowLimited: try members.required("window_limited_us"),
      bufferLimited: try members.required("buffer_limited_us"))
  }
}

extension TCPReceiving: ReportPart {
  package func json() -> JSONValue {
    var object = JSONObject()
    object["window"] = window?.json()
    object["space"] = space.json()
    object["out_of_order"] = outOfOrder.json()
    object["drops"] = drops?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      window: try members.optional("window"), space: try members.required("space"),
      outOfOrder: try members.required("out_of_order"), drops: try members.optional("drops"))
  }
}
