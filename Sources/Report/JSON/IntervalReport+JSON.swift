import BoundedJSON

extension IntervalReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = [
      "start": start.json(),
      "end": end.json(),
      "omitted": omitted.json(),
      "streams": streams.json(),
    ]
    object["unlisted_bytes"] = unlistedBytes > 0 ? unlistedBytes.json() : nil
    object["copied"] = copied?.json()
    object["zero_copied"] = zeroCopied?.json()
    object["memory"] = memory?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      start: try members.required("start"), end: try members.required("end"),
      omitted: try members.required("omitted"), streams: try members.required("streams"))
    unlistedBytes = try members.optional("unlisted_bytes") ?? 0
    copied = try members.optional("copied")
    zeroCopied = try members.optional("zero_copied")
    memory = try members.optional("memory")
  }
}

extension IntervalStream: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["id": id.json(), "socket": socket.json(), "bytes": bytes.json()]
    object["retransmits"] = retransmits?.json()
    object["congestion_window"] = congestionWindow?.json()
    object["send_window"] = sendWindow?.json()
    object["rtt_us"] = rtt?.json()
    object["rtt_variation_us"] = rttVariation?.json()
    object["path_mtu"] = pathMtu?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      id: try members.required("id"), socket: try members.required("socket"), bytes: try members.required("bytes"))
    retransmits = try members.optional("retransmits")
    congestionWindow = try members.optional("congestion_window")
    sendWindow = try members.optional("send_window")
    rtt = try members.optional("rtt_us")
    rttVariation = try members.optional("rtt_variation_us")
    pathMtu = try members.optional("path_mtu")
  }
}
