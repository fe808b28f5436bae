import Linux

/// Socket buffers that streams were asked to have, bytes; nil leaves them to the kernel. They must be in place before a
/// connection is made: a buffer that shrinks afterwards is smaller than the window already offered, and the kernel then
/// drops what the peer sends into it.
struct StreamBuffers: Equatable {
  var receive: Int32?
  var send: Int32?

  static let kernels = StreamBuffers()

  /// - Throws: also when the kernel grants less than was asked for; it never says so itself (socket(7), SO_RCVBUF).
  func apply(to socket: Socket) throws(SystemCallError) {
    if let receive {
      try socket.setReceiveBuffer(receive)
      try check(try socket.receiveBuffer(), receive, "receive", limit: "net.core.rmem_max")
    }
    if let send {
      try socket.setSendBuffer(send)
      try check(try socket.sendBuffer(), send, "send", limit: "net.core.wmem_max")
    }
  }

  private func check(_ granted: Int32, _ asked: Int32, _ kind: String, limit: String) throws(SystemCallError) {
    guard granted < asked else { return }
    throw SystemCallError(
      attempt: "have a \(kind) buffer of \(asked) bytes", call: "setsockopt", errno: .noBufferSpace,
      advice: "the kernel grants \(granted): ask for less, or raise \(limit)")
  }
}
