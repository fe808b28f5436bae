import BoundedJSON

/// Its members stand in the document of which it is a part, not in an object of their own.
extension Campaign {
  /// - Parameter measured: the document's own members, which stand before the notes.
  func json(with measured: JSONObject) -> JSONValue {
    var object: JSONObject = [
      "schema_version": schemaVersion.json(),
      "tool_version": toolVersion.json(),
      "started_at": startedAt.json(),
      "outcome": outcome.json(),
      "server": server.json(),
      "plan": plan.json(),
    ]
    object["receiver"] = receiver?.json()
    object["sender"] = sender?.json()
    for (key, value) in measured.members { object[key] = value }
    object["notes"] = notes.json()
    return .object(object)
  }

  init(_ members: MemberReader) throws(ReportError) {
    let version: String = try members.required("schema_version")
    try RunReport.checkVersion(version)
    self.init(
      toolVersion: try members.required("tool_version"), startedAt: try members.required("started_at"),
      outcome: try members.required("outcome"), server: try members.required("server"),
      plan: try members.required("plan"))
    schemaVersion = version
    receiver = try members.optional("receiver")
    sender = try members.optional("sender")
    notes = try members.required("notes")
  }
}

extension ComparisonPlan: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = [
      "rounds": rounds.json(),
      "duration": duration.json(),
      "bytes": bytes.json(),
      "omit": omit.json(),
      "streams": streams.json(),
      "block_length": blockLength.json(),
    ]
    object["send"] = send?.json()
    object["bandwidth_bits_per_second"] = bandwidth?.json()
    object["congestion"] = congestion?.json()
    object["window"] = window?.json()
    object["maximum_segment_size"] = maximumSegmentSize?.json()
    if verify { object["verify"] = verify.json() }
    if !senderCPUs.isEmpty { object["sender_cpus"] = senderCPUs.json() }
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      rounds: try members.required("rounds"), duration: try members.required("duration"),
      omit: try members.required("omit"), streams: try members.required("streams"),
      blockLength: try members.required("block_length"))
    bytes = try members.required("bytes")
    send = try members.optional("send")
    bandwidth = try members.optional("bandwidth_bits_per_second")
    congestion = try members.optional("congestion")
    window = try members.optional("window")
    maximumSegmentSize = try members.optional("maximum_segment_size")
    verify = try members.optional("verify") ?? false
    senderCPUs = try members.optional("sender_cpus") ?? []
  }
}
