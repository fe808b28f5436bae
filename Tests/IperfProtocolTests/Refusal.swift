import IperfProtocol

/// Why a message is refused; nil when it is accepted.
func refusal(of reading: () throws(ProtocolError) -> some Any) -> ProtocolError? {
  do {
    _ = try reading()
    return nil
  } catch {
    return error
  }
}
