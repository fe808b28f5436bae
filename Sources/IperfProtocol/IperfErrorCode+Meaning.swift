extension IperfErrorCode: CustomStringConvertible {
  /// What the code says, as a clause: "the server is busy with another test". A code without a name here is given by
  /// its number.
  public var meaning: String {
    switch self {
    case .duration: "the test's duration is out of range"
    case .numberOfStreams: "the number of parallel streams is out of range"
    case .blockSize: "the block length is out of range"
    case .bufferSize: "the socket buffer size is out of range"
    case .maximumSegmentSize: "the maximum segment size is out of range"
    case .omit: "the omitted time is out of range"
    case .notImplemented: "the test asks for something that is not implemented"
    case .burst: "the burst count is out of range"
    case .noSCTP: "SCTP is not available"
    case .typeOfService: "the type of service is out of range"
    case .totalRate: "the test asks for a higher rate than the server permits"
    case .durationExceedsServerLimit: "the test asks for more time than the server permits"
    case .initialization: "the test could not be prepared"
    case .accept: "the client's connection could not be accepted"
    case .receiveCookie: "the client's cookie could not be read"
    case .controlWrite: "the control connection could not be written to"
    case .controlRead: "the control connection could not be read from"
    case .controlClosed: "the control connection was closed unexpectedly"
    case .message: "an unknown message arrived on the control connection"
    case .sendParameters: "the test's parameters could not be sent"
    case .receiveParameters: "the test's parameters could not be received or understood"
    case .sendResults: "the results could not be sent"
    case .receiveResults: "the results could not be received or understood"
    case .clientTerminated: "the client ended the test"
    case .serverTerminated: "the server ended the test"
    case .accessDenied: "the server is busy with another test"
    case .setNoDelay: "TCP_NODELAY could not be set"
    case .setMaximumSegmentSize: "the maximum segment size could not be set"
    case .setBuffer: "the socket buffer size could not be set"
    case .setTypeOfService: "the type of service could not be set"
    case .flowLabel: "the IPv6 flow label is out of range or could not be set"
    case .protocolUnknown: "the transport protocol is not known"
    case .affinity: "the processor affinity could not be set"
    case .congestion: "the congestion control is not available"
    case .bufferSizeDiffers: "the kernel granted another socket buffer size than was asked for"
    case .authentication: "the client's authorization failed"
    case .silence: "no data arrived within the time limit"
    case .serverDurationExpired: "the test outran the time the server permits"
    case .createStream: "a stream could not be created"
    case .streamAccept: "a stream's connection could not be accepted"
    case .streamRead: "a stream could not be read from"
    case .streamClosed: "a stream was closed unexpectedly"
    case .streamID: "a stream's number is not one of this test"
    default: "iperf3 error \(rawValue)"
    }
  }

  public var description: String { meaning }
}
