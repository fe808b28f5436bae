import BoundedJSON

extension TestResults.StreamResult {
  private static let identifiers = 1...StreamNumbering.id(at: MessageLimits.streams - 1)

  init(_ fields: MessageFields) throws(ProtocolError) {
    self.init(
      id: try fields.require("id", fields.integer("id", in: Self.identifiers, code: .streamID)),
      bytes: try fields.require("bytes", fields.integer("bytes", in: 0...UInt64.max)),
      retransmits: try Self.retransmits(in: fields), startTime: try fields.number("start_time"),
      endTime: try fields.number("end_time"))
    jitter = try fields.require("jitter", fields.number("jitter"))
    errors = try fields.require("errors", fields.signedInteger("errors"))
    packets = try fields.require("packets", fields.signedInteger("packets"))
    omitted = try Self.omitted(in: fields)
    if let startTime, startTime < 0 { throw fields.error("start_time", "is \(startTime), which is negative") }
    if let endTime, endTime < startTime ?? 0 {
      throw fields.error("end_time", "is \(endTime), which is before the start")
    }
  }

  var json: JSONValue {
    var object: JSONObject = [
      "id": JSONValue(id), "bytes": JSONValue(bytes), "retransmits": retransmits.map(JSONValue.init) ?? .integer(-1),
      "jitter": .double(jitter), "errors": .integer(errors),
    ]
    object["omitted_errors"] = (omitted?.errors).map(JSONValue.integer)
    object["packets"] = .integer(packets)
    object["omitted_packets"] = (omitted?.packets).map(JSONValue.integer)
    object["start_time"] = startTime.map(JSONValue.double)
    object["end_time"] = endTime.map(JSONValue.double)
    return .object(object)
  }

  /// nil for −1, which stands for "unknown".
  private static func retransmits(in fields: MessageFields) throws(ProtocolError) -> UInt64? {
    let number = try fields.require("retransmits", fields.signedInteger("retransmits"))
    guard number >= -1 else { throw fields.error("retransmits", "is \(number), where -1 or a count is required") }
    return UInt64(exactly: number)
  }

  private static func omitted(in fields: MessageFields) throws(ProtocolError) -> TestResults.OmittedDatagrams? {
    let errors = try fields.signedInteger("omitted_errors")
    let packets = try fields.signedInteger("omitted_packets")
    switch (errors, packets) {
    case (nil, nil): return nil
    case (let errors?, let packets?): return TestResults.OmittedDatagrams(errors: errors, packets: packets)
    case (nil, _): throw fields.error("omitted_errors", "is missing beside \"omitted_packets\"")
    case (_, nil): throw fields.error("omitted_packets", "is missing beside \"omitted_errors\"")
    }
  }
}
