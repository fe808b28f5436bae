/// Readings of a value as one type; each is nil when the value is not of that type or not exactly representable in it.
extension JSONValue {
  public var object: JSONObject? {
    guard case .object(let object) = self else { return nil }
    return object
  }

  public var array: [JSONValue]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  public var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  public var boolValue: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  /// A number as a `Double`, rounded where it is an integer beyond 2⁵³.
  public var doubleValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .unsigned(let value): Double(value)
    case .double(let value): value
    case .null, .bool, .string, .array, .object: nil
    }
  }

  /// A whole number within 0…2⁶⁴−1, however written: `5`, `5.0` and `5e0` are the same number to a peer whose JSON
  /// library knows only doubles, as iperf3's does.
  public var uint64Value: UInt64? { wholeNumber() }

  /// A whole number within −2⁶³…2⁶³−1, however written.
  public var int64Value: Int64? { wholeNumber() }

  /// A whole number within `Int`, however written.
  public var intValue: Int? { wholeNumber() }

  private func wholeNumber<Number: FixedWidthInteger>() -> Number? {
    switch self {
    case .integer(let value): Number(exactly: value)
    case .unsigned(let value): Number(exactly: value)
    case .double(let value): Number(exactly: value)
    case .null, .bool, .string, .array, .object: nil
    }
  }

  /// A whole number in the form the parser gives it, so that equal numbers are equal values.
  public init(_ number: UInt64) {
    if let signed = Int64(exactly: number) { self = .integer(signed) } else { self = .unsigned(number) }
  }

  /// A whole number.
  public init(_ number: Int) {
    self = .integer(Int64(number))
  }

  /// The value in a few words, for a message about it: short text of bounded length, whatever the value holds.
  public var summary: String {
    switch self {
    case .null, .bool, .integer, .unsigned, .double: text()
    case .string(let text): Excerpt(text).description
    case .array(let elements): "an array of \(elements.count)"
    case .object(let object): "an object of \(object.members.count)"
    }
  }
}
