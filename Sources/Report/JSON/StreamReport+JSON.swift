import BoundedJSON

extension StreamReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = [
      "id": id.json(),
      "socket": socket.json(),
      "local": local.json(),
      "remote": remote.json(),
    ]
    object["sent"] = sent?.json()
    object["received"] = received?.json()
    object["omitted_bytes"] = omittedBytes.json()
    object["copy_account"] = copyAccount?.json()
    object["placement"] = placement?.json()
    if lostBytes > 0 { object["lost_bytes"] = lostBytes.json() }
    if unreadBytes > 0 { object["unread_bytes"] = unreadBytes.json() }
    object["tcp"] = tcp?.json()
    object["failure"] = failure?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      id: try members.required("id"), socket: try members.required("socket"), local: try members.required("local"),
      remote: try members.required("remote"))
    sent = try members.optional("sent")
    received = try members.optional("received")
    omittedBytes = try members.required("omitted_bytes")
    copyAccount = try members.optional("copy_account")
    placement = try members.optional("placement")
    lostBytes = try members.optional("lost_bytes") ?? 0
    unreadBytes = try members.optional("unread_bytes") ?? 0
    tcp = try members.optional("tcp")
    failure = try members.optional("failure")
  }
}

extension TCPReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = [
      "retransmits": retransmits.json(),
      "congestion": congestion.json(),
      "send_mss": sendMss.json(),
      "receive_mss": receiveMss.json(),
      "path_mtu": pathMtu.json(),
      "rtt_us": rtt.json(),
      "rtt_variation_us": rttVariation.json(),
      "minimum_rtt_us": minimumRtt.json(),
      "maximum_rtt_us": maximumRtt.json(),
      "mean_rtt_us": meanRtt.json(),
      "send_window": sendWindow.json(),
      "maximum_send_window": maximumSendWindow.json(),
      "congestion_window": congestionWindow.json(),
      "maximum_congestion_window": maximumCongestionWindow.json(),
      "send_buffer": sendBuffer.json(),
      "receive_buffer": receiveBuffer.json(),
    ]
    object["segments_in"] = segmentsIn?.json()
    object["segments_out"] = segmentsOut?.json()
    object["sending"] = sending?.json()
    object["receiving"] = receiving?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init()
    retransmits = try members.required("retransmits")
    congestion = try members.required("congestion")
    sendMss = try members.required("send_mss")
    receiveMss = try members.required("receive_mss")
    pathMtu = try members.required("path_mtu")
    rtt = try members.required("rtt_us")
    rttVariation = try members.required("rtt_variation_us")
    minimumRtt = try members.required("minimum_rtt_us")
    maximumRtt = try members.required("maximum_rtt_us")
    meanRtt = try members.required("mean_rtt_us")
    sendWindow = try members.required("send_window")
    maximumSendWindow = try members.required("maximum_send_window")
    congestionWindow = try members.required("congestion_window")
    maximumCongestionWindow = try members.required("maximum_congestion_window")
    sendBuffer = try members.required("send_buffer")
    receiveBuffer = try members.required("receive_buffer")
    segmentsIn = try members.optional("segments_in")
    segmentsOut = try members.optional("segments_out")
    sending = try members.optional("sending")
    receiving = try members.optional("receiving")
  }
}
