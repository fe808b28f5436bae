/// Why the server ends the test: state −2 and two 32-bit numbers (iperf_server_api.c, `cleanup_server`; read by
/// iperf_client_api.c, `iperf_handle_message_client`).
public struct ServerErrorMessage: Equatable, Sendable {
  /// Bytes that follow the state byte.
  public static let payloadLength = 8

  public var code: IperfErrorCode
  /// The errno of the server's machine; 0 when the failure was not a system call's.
  public var errno: Int32

  public init(code: IperfErrorCode, errno: Int32 = 0) {
    self.code = code
    self.errno = errno
  }

  /// The message in the eight bytes that follow the state byte; nil when there are not exactly eight.
  public init?(payload: some Collection<UInt8>) {
    guard payload.count == Self.payloadLength, let code = Int32(bigEndianPrefixOf: payload),
      let errno = Int32(bigEndianPrefixOf: payload.dropFirst(4))
    else { return nil }
    self.init(code: IperfErrorCode(rawValue: code), errno: errno)
  }

  /// The nine bytes of the whole message, the state byte included.
  public var bytes: [UInt8] {
    [ControlState.serverError.byte] + code.rawValue.bigEndianBytes + errno.bigEndianBytes
  }
}
