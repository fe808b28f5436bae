import BoundedJSON

/// What one message of a peer may cost.
public enum MessageLimits {
  /// Bytes of the parameters: the limit of iperf3's own server (iperf.h, `MAX_PARAMS_JSON_STRING`).
  public static let parameters = 8 << 10
  /// Bytes of a client's results: 128 streams take about 20 KiB, the rest is room for our own key.
  public static let clientResults = 1 << 20
  /// Bytes of a server's results, which may hold its whole output: `-J` of an hour over eight streams at one-second
  /// intervals is about 5 MiB.
  public static let serverResults = 16 << 20
  /// Bytes of one string under our own key of a peer's results: a note or a reason is a sentence.
  public static let extraText = 1 << 10
  /// Streams in a peer's results.
  public static let streams = ParameterLimits.parallel.upperBound
}

extension JSONLimits {
  /// A client's parameters: one flat object of iperf3's, and ours inside it.
  public static let parameters = JSONLimits(
    maximumBytes: MessageLimits.parameters, maximumDepth: 16, maximumMembers: 128, maximumValues: 1024)

  /// A client's results: at most 14 values for each of 128 streams, and our own key.
  public static let clientResults = JSONLimits(
    maximumBytes: MessageLimits.clientResults, maximumDepth: 16, maximumMembers: 256, maximumValues: 1 << 14)

  /// A server's results: at 16 bytes a value, what fits in `MessageLimits.serverResults`.
  public static let serverResults = JSONLimits(
    maximumBytes: MessageLimits.serverResults, maximumDepth: 32, maximumMembers: 1024, maximumValues: 1 << 20)
}
