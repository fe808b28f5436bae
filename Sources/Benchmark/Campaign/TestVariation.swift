/// What one run of a campaign has of its own; nil is as all have it.
public struct TestVariation: Sendable, Equatable {
  public var mode: ReceiveMode?
  public var streams: Int?
  /// Bytes per send call.
  public var length: Int?
  /// Bytes of a buffer of the zero-copy area.
  public var bufferLength: Int?
  public var placement: ClientConfiguration.ReceiverPlacement?

  public init() {}

  /// Only a server that lets its clients choose can do it (`server --allow-compare`).
  var asksTheServer: Bool { mode != nil || bufferLength != nil || placement != nil }

  func applied(to configuration: ClientConfiguration) -> ClientConfiguration {
    var configuration = configuration
    configuration.mode = mode ?? configuration.mode
    configuration.streams = streams ?? configuration.streams
    configuration.length = length ?? configuration.length
    configuration.bufferLength = bufferLength ?? configuration.bufferLength
    configuration.receiverPlacement = placement ?? configuration.receiverPlacement
    return configuration
  }
}
