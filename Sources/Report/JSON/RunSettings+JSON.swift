import BoundedJSON

extension RunSettings: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = [
      "streams": streams.json(),
      "block_length": blockLength.json(),
      "omit": omit.json(),
      "duration": duration.json(),
      "bytes": bytes.json(),
      "blocks": blocks.json(),
      "bandwidth_bits_per_second": bandwidth.json(),
      "verify": verify.json(),
    ]
    object["fq_rate_bits_per_second"] = fairQueueRate > 0 ? fairQueueRate.json() : nil
    object["interval"] = interval?.json()
    object["title"] = title?.json()
    object["extra_data"] = extraData?.json()
    object["maximum_segment_size"] = maximumSegmentSize?.json()
    object["window"] = window?.json()
    object["congestion"] = congestion?.json()
    object["requested_mode"] = requestedMode?.json()
    object["mode"] = mode?.json()
    object["mode_reason"] = modeReason?.json()
    object["receive_length"] = receiveLength?.json()
    object["requested_send"] = requestedSend?.json()
    object["send"] = send?.json()
    object["send_reason"] = sendReason?.json()
    object["interface"] = interface?.json()
    object["queues"] = queues?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init()
    streams = try members.required("streams")
    blockLength = try members.required("block_length")
    omit = try members.required("omit")
    duration = try members.required("duration")
    bytes = try members.required("bytes")
    blocks = try members.required("blocks")
    bandwidth = try members.required("bandwidth_bits_per_second")
    verify = try members.required("verify")
    fairQueueRate = try members.optional("fq_rate_bits_per_second") ?? 0
    interval = try members.optional("interval")
    title = try members.optional("title")
    extraData = try members.optional("extra_data")
    maximumSegmentSize = try members.optional("maximum_segment_size")
    window = try members.optional("window")
    congestion = try members.optional("congestion")
    requestedMode = try members.optional("requested_mode")
    mode = try members.optional("mode")
    modeReason = try members.optional("mode_reason")
    receiveLength = try members.optional("receive_length")
    requestedSend = try members.optional("requested_send")
    send = try members.optional("send")
    sendReason = try members.optional("send_reason")
    interface = try members.optional("interface")
    queues = try members.optional("queues")
  }
}
