import BoundedJSON

/// How iperf3 delimits JSON on the control connection: a 32-bit big-endian length, then that many bytes
/// (iperf_api.c, `JSON_write`).
public enum MessageFrame {
  private static let headerLength = 4

  /// The frame of `value`, whose text must be shorter than 4 GiB.
  public static func encode(_ value: JSONValue) -> [UInt8] {
    let payload = value.serialized()
    return UInt32(payload.count).bigEndianBytes + payload
  }

  /// Removes one complete frame from the front of `buffer` and returns what it holds; nil when more bytes are needed.
  ///
  /// A caller that reads at most `limit` bytes ahead never buffers more than that: the announced length is judged as
  /// soon as its four bytes are there.
  ///
  /// - Parameters:
  ///   - limit: the longest payload to accept, in bytes (`MessageLimits`).
  ///   - message: what is expected, for the error.
  /// - Throws: when the frame announces no bytes (iperf3 refuses these too) or more than `limit`.
  public static func takePayload(
    from buffer: inout ArraySlice<UInt8>, limit: Int, expecting message: ProtocolError.Message = .unidentified
  ) throws(ProtocolError) -> [UInt8]? {
    guard let announced = UInt32(bigEndianPrefixOf: buffer) else { return nil }
    guard announced > 0, let length = Int(exactly: announced), length <= limit else {
      throw ProtocolError(message, problem: "announces \(announced) bytes, where 1 to \(limit) are permitted")
    }
    let frameLength = headerLength + length
    guard buffer.count >= frameLength else { return nil }
    let payload = Array(buffer.prefix(frameLength).dropFirst(headerLength))
    buffer.removeFirst(frameLength)
    return payload
  }
}
