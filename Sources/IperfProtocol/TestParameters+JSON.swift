import BoundedJSON

extension TestParameters {
  /// The parameters in the payload of a frame.
  ///
  /// - Throws: when it is no JSON within `JSONLimits.parameters`, or as `init(json:)`.
  public init(payload: some Collection<UInt8>) throws(ProtocolError) {
    let json: JSONValue
    do { json = try JSONParser.parse(payload, limits: .parameters) } catch {
      throw ProtocolError(.parameters, json: error)
    }
    try self.init(json: json)
  }

  /// Parameters as a client sent them; keys that are not iperf3's or ours are ignored.
  ///
  /// - Throws: when a value is of the wrong type or outside `ParameterLimits`, with the code iperf3 has for that key.
  public init(json: JSONValue) throws(ProtocolError) {
    let fields = try MessageFields(json, of: .parameters)
    self.init()
    protocolName = try Self.protocolName(in: fields) ?? protocolName
    omit = try fields.integer("omit", in: ParameterLimits.omit, code: .omit) ?? omit
    time = try fields.integer("time", in: ParameterLimits.time, code: .duration) ?? time
    bytes = try fields.integer("num", in: 0...UInt64.max) ?? bytes
    blockCount = try fields.integer("blockcount", in: 0...UInt64.max) ?? blockCount
    parallel = try fields.integer("parallel", in: ParameterLimits.parallel, code: .numberOfStreams) ?? parallel
    length = try fields.integer("len", in: ParameterLimits.length, code: .blockSize) ?? length
    bandwidth = try fields.integer("bandwidth", in: 0...UInt64.max) ?? bandwidth
    burst = try fields.integer("burst", in: ParameterLimits.burst, code: .burst)
    fairQueueRate = try fields.integer("fqrate", in: 0...UInt64.max) ?? fairQueueRate
    pacingTimer = try fields.integer("pacing_timer", in: 0...Int(Int32.max))
    maximumSegmentSize = Self.unlessZero(
      try fields.integer("MSS", in: ParameterLimits.maximumSegmentSize, code: .maximumSegmentSize))
    window = Self.unlessZero(try fields.integer("window", in: ParameterLimits.window, code: .bufferSize))
    congestion = try fields.congestion("congestion")
    typeOfService = try fields.integer("TOS", in: ParameterLimits.typeOfService, code: .typeOfService)
    flowLabel = try fields.integer("flowlabel", in: ParameterLimits.flowLabel, code: .flowLabel)
    serverAffinity = try fields.integer("server_affinity", in: ParameterLimits.affinity, code: .affinity)
    getServerOutput = try fields.flag("get_server_output")
    noDelay = try fields.flag("nodelay")
    reverse = try fields.flag("reverse")
    bidirectional = try fields.flag("bidirectional")
    multipath = try fields.flag("mptcp")
    zerocopy = try fields.flag("zerocopy")
    repeatingPayload = try fields.flag("repeating_payload")
    skipReceiveCopy = try fields.flag("skip_rx_copy")
    authToken = try fields.text("authtoken")
    clientVersion = try fields.text("client_version")
    title = try fields.text("title", length: ParameterLimits.titleLength)
    extraData = try fields.text("extra_data", length: ParameterLimits.extraDataLength)
    extras = try fields.extras()
  }

  /// The message, with iperf3's keys in iperf3's order and ours last; what has its default is left out where iperf3
  /// leaves it out.
  public var json: JSONValue {
    let one = JSONValue.integer(1)
    var object: JSONObject = [protocolName.rawValue: .bool(true), "omit": JSONValue(omit)]
    object["server_affinity"] = serverAffinity.map(JSONValue.init)
    object["time"] = JSONValue(time)
    object["num"] = JSONValue(bytes)
    object["blockcount"] = JSONValue(blockCount)
    object["MSS"] = maximumSegmentSize.map(JSONValue.init)
    object["nodelay"] = noDelay ? .bool(true) : nil
    object["parallel"] = JSONValue(parallel)
    object["reverse"] = reverse ? .bool(true) : nil
    object["bidirectional"] = bidirectional ? .bool(true) : nil
    object["mptcp"] = multipath ? .bool(true) : nil
    object["window"] = window.map(JSONValue.init)
    object["len"] = JSONValue(length)
    object["bandwidth"] = bandwidth > 0 ? JSONValue(bandwidth) : nil
    object["fqrate"] = fairQueueRate > 0 ? JSONValue(fairQueueRate) : nil
    object["pacing_timer"] = pacingTimer.map(JSONValue.init)
    object["burst"] = burst.map(JSONValue.init)
    object["TOS"] = typeOfService.map(JSONValue.init)
    object["flowlabel"] = flowLabel.map(JSONValue.init)
    object["title"] = title.map(JSONValue.string)
    object["extra_data"] = extraData.map(JSONValue.string)
    object["congestion"] = congestion.map(JSONValue.string)
    object["get_server_output"] = getServerOutput ? one : nil
    object["repeating_payload"] = repeatingPayload ? one : nil
    object["zerocopy"] = zerocopy ? one : nil
    object["authtoken"] = authToken.map(JSONValue.string)
    object["skip_rx_copy"] = skipReceiveCopy ? one : nil
    object["client_version"] = clientVersion.map(JSONValue.string)
    object[MessageFields.extrasKey] = extras.map(JSONValue.object)
    return .object(object)
  }

  private static func protocolName(in fields: MessageFields) throws(ProtocolError) -> TransportProtocol? {
    var named: TransportProtocol?
    for candidate in TransportProtocol.allCases where try fields.flag(candidate.rawValue) {
      guard named == nil else {
        throw fields.error(candidate.rawValue, "names a second transport protocol", code: .protocolUnknown)
      }
      named = candidate
    }
    return named
  }

  private static func unlessZero(_ number: Int?) -> Int? {
    number == 0 ? nil : number
  }
}
