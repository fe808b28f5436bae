/// Something a client may ask for in iperf3's protocol and we do not do.
public struct UnsupportedRequest: Sendable, Equatable {
  /// The code to answer with, in a `ServerErrorMessage`.
  public let code: IperfErrorCode
  /// What was asked for, as a sentence for the log.
  public let reason: String
}

extension TestParameters {
  /// The first thing in this request that we do not do; nil when we do all of it.
  ///
  /// MPTCP is refused although the kernel would fall back to plain TCP, because the result would carry the wrong name.
  public var unsupported: UnsupportedRequest? {
    let reasons = [
      (protocolName == .udp, "UDP is not implemented: only TCP streams are received"),
      (protocolName == .sctp, "SCTP is not implemented: only TCP streams are received"),
      (multipath, "MPTCP is not implemented: only plain TCP streams are received"),
      (reverse, "reverse mode is not implemented: the server only receives"),
      (bidirectional, "bidirectional mode is not implemented: the server only receives"),
      (authToken != nil, "authentication is not implemented"),
    ]
    return reasons.first(where: \.0).map { UnsupportedRequest(code: .notImplemented, reason: $0.1) }
  }
}
