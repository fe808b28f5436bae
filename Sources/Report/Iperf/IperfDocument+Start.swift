import BoundedJSON

extension IperfDocument {
  static func start(of report: RunReport) -> JSONValue {
    let settings = report.settings
    let socket = report.streams.first?.tcp
    var start: JSONObject = [
      "connected": .array(report.streams.map(connection)),
      "version": .string("zcrx-bench \(report.toolVersion) (iperf3 protocol)"),
      "system_info": report.environment.system.json(),
      "timestamp": timestamp(report.startedAt),
    ]
    start[report.role == .client ? "connecting_to" : "accepted_connection"] = report.peer.json()
    start["cookie"] = report.cookie?.json() ?? .null
    if let requested = settings.maximumSegmentSize {
      start["tcp_mss"] = requested.json()
    } else {
      start["tcp_mss_default"] = controlMss(of: report)
    }
    start["target_bitrate"] = settings.bandwidth.json()
    start["fq_rate"] = settings.fairQueueRate.json()
    start["sock_bufsize"] = (settings.window ?? 0).json()
    start["sndbuf_actual"] = socket?.sendBuffer.json() ?? .null
    start["rcvbuf_actual"] = socket?.receiveBuffer.json() ?? .null
    start["test_start"] = .object([
      "protocol": .string("TCP"),
      "num_streams": settings.streams.json(),
      "blksize": settings.blockLength.json(),
      "omit": settings.omit.json(),
      "duration": settings.duration.json(),
      "bytes": settings.bytes.json(),
      "blocks": settings.blocks.json(),
      // Always so: zcrx-bench sends in one direction and sets no type of service.
      "reverse": .integer(0),
      "tos": .integer(0),
      "target_bitrate": settings.bandwidth.json(),
      "bidir": .integer(0),
      "fqrate": settings.fairQueueRate.json(),
      "interval": (settings.interval ?? 0).json(),
      // Of UDP only.
      "gso": .integer(0),
      "gro": .integer(0),
    ])
    return .object(start)
  }

  private static func connection(_ stream: StreamReport) -> JSONValue {
    .object([
      "socket": stream.socket.json(),
      "local_host": stream.local.host.json(),
      "local_port": stream.local.port.json(),
      "remote_host": stream.remote.host.json(),
      "remote_port": stream.remote.port.json(),
    ])
  }

  private static func timestamp(_ secondsSince1970: Double) -> JSONValue {
    guard let seconds = Int64(exactly: secondsSince1970.rounded(.down)) else { return .null }
    return .object([
      "time": GreenwichTime(secondsSince1970: seconds).description.json(),
      "timesecs": .integer(seconds),
      "timemillisecs": Int64(exactly: (secondsSince1970 * 1000).rounded(.down)).map(JSONValue.integer) ?? .null,
    ])
  }

  /// iperf3's server always prints 0 here: only its client reads the segment size of the control connection.
  private static func controlMss(of report: RunReport) -> JSONValue {
    if let known = report.controlMss { return known.json() }
    return report.role == .server ? .integer(0) : .null
  }
}
