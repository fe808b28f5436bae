import BoundedJSON

/// The members of one object of a message, read as the types the protocol gives them. A member that is absent is nil;
/// one of another type or out of range is an error, where iperf3 would ignore or clamp it.
struct MessageFields {
  /// The key of our own parameters and results, which iperf3 ignores.
  static let extrasKey = "zcrx_bench"

  let message: ProtocolError.Message
  private let object: JSONObject
  /// What stands before a key in an error: `streams[2].`.
  private let place: String

  init(_ json: JSONValue, of message: ProtocolError.Message, place: String = "") throws(ProtocolError) {
    self.message = message
    self.place = place
    guard let object = json.object else {
      let key = place.isEmpty ? nil : String(place.dropLast())
      throw ProtocolError(message, key: key, problem: "is \(json.summary), where an object is required")
    }
    self.object = object
  }

  func value(_ key: String) -> JSONValue? { object[key] }

  func error(_ key: String, _ problem: String, code: IperfErrorCode? = nil) -> ProtocolError {
    ProtocolError(message, key: place + key, problem: problem, code: code)
  }

  /// The value that `read` returned for `key`, which must be there.
  func require<Value>(_ key: String, _ value: Value?) throws(ProtocolError) -> Value {
    guard let value else { throw error(key, "is missing") }
    return value
  }

  /// A whole number within `range`; anything else is answered with `code`.
  func integer<Number: FixedWidthInteger>(
    _ key: String, in range: ClosedRange<Number>, code: IperfErrorCode? = nil
  ) throws(ProtocolError) -> Number? {
    guard let value = object[key] else { return nil }
    let number: Number? =
      value.int64Value.flatMap(Number.init(exactly:)) ?? value.uint64Value.flatMap(Number.init(exactly:))
    guard let number, range.contains(number) else {
      let problem =
        "is \(value.summary), where a whole number from \(range.lowerBound) to \(range.upperBound) is required"
      throw error(key, problem, code: code)
    }
    return number
  }

  /// A whole number that may be negative. iperf3 before 3.17 prints −1 as 18446744073709551615 (its cjson.c prints the
  /// signed value with an unsigned format), so what exceeds `Int64` is read as a two's complement.
  func signedInteger(_ key: String) throws(ProtocolError) -> Int64? {
    if case .unsigned(let number)? = object[key] { return Int64(bitPattern: number) }
    return try integer(key, in: Int64.min...Int64.max)
  }

  func number(_ key: String) throws(ProtocolError) -> Double? {
    try read(key, as: "a number", \.doubleValue)
  }

  func text(_ key: String) throws(ProtocolError) -> String? {
    try read(key, as: "a string", \.string)
  }

  /// A string of so many bytes.
  func text(_ key: String, length: ClosedRange<Int>) throws(ProtocolError) -> String? {
    guard let text = try text(key) else { return nil }
    guard length.contains(text.utf8.count) else {
      throw error(key, "has \(text.utf8.count) bytes, where \(length.upperBound) are permitted")
    }
    return text
  }

  /// The name of a congestion control. One in parameters goes to the kernel as it stands, so that a NUL or a stray byte in
  /// it must not; one in results goes to a terminal.
  func congestion(_ key: String) throws(ProtocolError) -> String? {
    guard let name = try text(key) else { return nil }
    let isName = name.utf8.allSatisfy { 0x21...0x7E ~= $0 }
    guard isName, ParameterLimits.congestionNameLength.contains(name.utf8.count) else {
      throw error(key, "is \(Excerpt(name)), which is no congestion control's name", code: .congestion)
    }
    return name
  }

  func list(_ key: String) throws(ProtocolError) -> [JSONValue]? {
    try read(key, as: "an array", \.array)
  }

  /// A truth value. iperf3 writes some as `true` and some as `1`, and has changed which between versions.
  func flag(_ key: String) throws(ProtocolError) -> Bool {
    try read(key, as: "true, false or a whole number") { value in
      value.boolValue ?? value.int64Value.map { $0 != 0 }
    } ?? false
  }

  func extras() throws(ProtocolError) -> JSONObject? {
    try read(Self.extrasKey, as: "an object", \.object)
  }

  private func read<Value>(
    _ key: String, as type: String, _ reading: (JSONValue) -> Value?
  ) throws(ProtocolError) -> Value? {
    guard let value = object[key] else { return nil }
    guard let result = reading(value) else { throw error(key, "is \(value.summary), where \(type) is required") }
    return result
  }
}
