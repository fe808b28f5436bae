/// The one reader of JSON that a peer or a user wrote: RFC 8259 without leniency, within limits the caller picks.
public enum JSONParser {
  /// Bytes of one number: a `Double` never needs more than 24 (17 digits, sign, point, exponent), stock iperf3 prints
  /// at most 25 (cjson.c, `print_number`).
  public static let maximumNumberLength = 64

  /// Reads one document, which may be surrounded by white space and nothing else.
  ///
  /// Integers are exact over −2⁶³…2⁶⁴−1; numbers with a fraction or an exponent become the nearest `Double`, and one
  /// too small for it becomes zero. Time is proportional to the bytes read before the document is accepted or refused.
  ///
  /// - Throws: the first thing that is wrong with the document, or the limit it exceeds.
  public static func parse(
    _ bytes: some Collection<UInt8>, limits: JSONLimits
  ) throws(JSONError) -> JSONValue {
    guard bytes.count <= limits.maximumBytes else {
      throw JSONError(.tooManyBytes(limit: limits.maximumBytes), at: max(limits.maximumBytes, 0))
    }
    var reader = JSONReader(bytes: Array(bytes), limits: limits)
    return try reader.document()
  }

  /// What a key means that its object already has.
  public enum RepeatedKeys: Sendable {
    case refused
    /// The first of them stands. iperf3's own client repeats `sock_bufsize` and its like for every stream
    /// (iperf 3.12, `iperf_connect`).
    case firstCounts
  }

  /// Reads every value of a text that holds any number of them one after the other, as `--json` of a server and
  /// `--json-stream` write them; the limits hold for all of them together.
  ///
  /// - Returns: the values with the byte each begins at; none of an empty text. With `.firstCounts`, the first repeated
  ///   key as the error that it would have been; nil where none is repeated.
  /// - Throws: the first thing that is wrong, or the limit that is exceeded.
  public static func parseSequence(
    _ bytes: some Collection<UInt8>, limits: JSONLimits, repeatedKeys: RepeatedKeys = .refused
  ) throws(JSONError) -> (values: [(offset: Int, value: JSONValue)], repeatedKey: JSONError?) {
    guard bytes.count <= limits.maximumBytes else {
      throw JSONError(.tooManyBytes(limit: limits.maximumBytes), at: max(limits.maximumBytes, 0))
    }
    var reader = JSONReader(bytes: Array(bytes), limits: limits, repeatedKeys: repeatedKeys)
    return (try reader.sequence(), reader.repeatedKey)
  }
}
