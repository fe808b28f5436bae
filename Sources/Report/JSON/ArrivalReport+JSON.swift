import BoundedJSON

extension ArrivalReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["queues": queues.json()]
    object["other_packets"] = otherPackets?.json()
    object["other_bytes"] = otherBytes?.json()
    object["absent"] = absent.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init()
    queues = try members.required("queues")
    otherPackets = try members.optional("other_packets")
    otherBytes = try members.optional("other_bytes")
    absent = try members.required("absent")
  }
}

extension QueueArrivalReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["queue": queue.json()]
    object["bound_at_begin"] = boundAtBegin?.json()
    object["bound_at_end"] = boundAtEnd?.json()
    object["pooled_at_begin"] = pooledAtBegin?.json()
    object["pooled_at_end"] = pooledAtEnd?.json()
    object["packets"] = packets?.json()
    object["bytes"] = bytes?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(queue: try members.required("queue"))
    boundAtBegin = try members.optional("bound_at_begin")
    boundAtEnd = try members.optional("bound_at_end")
    pooledAtBegin = try members.optional("pooled_at_begin")
    pooledAtEnd = try members.optional("pooled_at_end")
    packets = try members.optional("packets")
    bytes = try members.optional("bytes")
  }
}
