import BoundedJSON

extension TestResults {
  /// The results in the payload of a frame.
  ///
  /// - Parameter limits: `.clientResults` or `.serverResults`, by the side that sent them.
  /// - Throws: when it is no JSON within `limits`, or as `init(json:)`.
  public init(payload: some Collection<UInt8>, limits: JSONLimits) throws(ProtocolError) {
    let json: JSONValue
    do { json = try JSONParser.parse(payload, limits: limits) } catch { throw ProtocolError(.results, json: error) }
    try self.init(json: json)
  }

  /// Results as a peer sent them; keys that are not iperf3's or ours are ignored.
  ///
  /// - Throws: when a required value is missing, or one is of the wrong type or out of range.
  public init(json: JSONValue) throws(ProtocolError) {
    let fields = try MessageFields(json, of: .results)
    let list = try fields.require("streams", fields.list("streams"))
    guard list.count <= MessageLimits.streams else {
      throw fields.error("streams", "holds \(list.count) streams, where at most \(MessageLimits.streams) are permitted")
    }
    var streams: [StreamResult] = []
    var ids: Set<Int> = []
    for (index, element) in list.enumerated() {
      let stream = try StreamResult(MessageFields(element, of: .results, place: "streams[\(index)]."))
      guard ids.insert(stream.id).inserted else {
        throw fields.error("streams[\(index)].id", "is \(stream.id), which an earlier stream has", code: .streamID)
      }
      streams.append(stream)
    }
    self.init(
      cpuTotal: try fields.require("cpu_util_total", fields.number("cpu_util_total")),
      cpuUser: try fields.require("cpu_util_user", fields.number("cpu_util_user")),
      cpuSystem: try fields.require("cpu_util_system", fields.number("cpu_util_system")), streams: streams)
    senderHasRetransmits = try fields.require(
      "sender_has_retransmits", fields.signedInteger("sender_has_retransmits"))
    congestionUsed = try fields.congestion("congestion_used")
    serverOutputText = try fields.text("server_output_text")
    serverOutputJSON = fields.value("server_output_json")
    extras = try fields.extras()?.cuttingStrings(to: MessageLimits.extraText)
  }

  /// The message, with iperf3's keys in iperf3's order and ours last.
  public var json: JSONValue {
    var object: JSONObject = [
      "cpu_util_total": .double(cpuTotal), "cpu_util_user": .double(cpuUser), "cpu_util_system": .double(cpuSystem),
      "sender_has_retransmits": .integer(senderHasRetransmits),
    ]
    object["congestion_used"] = congestionUsed.map(JSONValue.string)
    object["server_output_json"] = serverOutputJSON
    object["server_output_text"] = serverOutputText.map(JSONValue.string)
    object["streams"] = .array(streams.map(\.json))
    object[MessageFields.extrasKey] = extras.map(JSONValue.object)
    return .object(object)
  }
}
