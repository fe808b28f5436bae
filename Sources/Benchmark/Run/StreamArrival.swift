import Linux

/// Where a stream's last packet came in, as its socket tells.
struct StreamArrival: Equatable {
  var stream: Int
  /// The CPU that processed it (SO_INCOMING_CPU); nil where none is known.
  var cpu: Int?
  /// The NAPI instance it came through (SO_INCOMING_NAPI_ID); 0 where none is known.
  var napi: UInt32

  init(stream: Int, cpu: Int?, napi: UInt32 = 0) {
    self.stream = stream
    self.cpu = cpu
    self.napi = napi
  }

  /// A socket that cannot be asked any more tells nothing.
  init(stream: Int, _ socket: Socket) {
    self.init(
      stream: stream, cpu: (try? socket.incomingCPU()) ?? nil, napi: (try? socket.incomingNAPI()) ?? 0)
  }
}
