extension JSONValue {
  /// The document as UTF-8.
  ///
  /// Doubles are written as the shortest decimal that reads back as the same value; those JSON has no form for
  /// (infinite, not a number) are written as null, as iperf3 does. Whatever `JSONParser` returned reads back equal.
  ///
  /// - Parameter pretty: one member per line, indented by tabs, the layout of `iperf3 -J`; otherwise no white space.
  public func serialized(pretty: Bool = false) -> [UInt8] {
    var writer = JSONWriter(isPretty: pretty)
    writer.write(self)
    return writer.bytes
  }

  /// `serialized(pretty:)` as text.
  public func text(pretty: Bool = false) -> String {
    String(decoding: serialized(pretty: pretty), as: UTF8.self)
  }
}
