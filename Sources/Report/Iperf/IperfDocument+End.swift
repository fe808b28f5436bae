import BoundedJSON

extension IperfDocument {
  static func end(of report: RunReport) -> JSONValue {
    let isSender = report.role == .client
    let ownCongestion = report.streams.lazy.compactMap { $0.tcp?.congestion }.first { !$0.isEmpty }
    var end: JSONObject = [
      "streams": .array(report.streams.map { stream($0, of: report) }),
      "sum_sent": senderSide(
        sent: report.sent, received: report.received, retransmits: report.retransmits, role: report.role),
      "sum_received": receiverSide(received: report.received, role: report.role),
      "cpu_utilization_percent": utilization(of: report),
    ]
    end["sender_tcp_congestion"] = (isSender ? ownCongestion : report.peerCongestion)?.json()
    end["receiver_tcp_congestion"] = (isSender ? report.peerCongestion : ownCongestion)?.json()
    return .object(end)
  }

  private static func stream(_ stream: StreamReport, of report: RunReport) -> JSONValue {
    .object([
      "sender": senderSide(
        socket: stream.socket, sent: stream.sent, received: stream.received,
        retransmits: report.retransmits(of: stream), tcp: stream.tcp, role: report.role),
      "receiver": receiverSide(socket: stream.socket, received: stream.received, role: report.role),
    ])
  }

  /// What was sent. A server that was not told prints 0 bytes over its own span, as iperf3's always does.
  private static func senderSide(
    socket: Int? = nil, sent: Transfer?, received: Transfer?, retransmits: UInt64?, tcp: TCPReport? = nil,
    role: RunReport.Role
  ) -> JSONValue {
    var object = JSONObject()
    object["socket"] = socket?.json()
    if let sent {
      object.add(sent)
    } else if role == .server {
      object.add(Transfer(bytes: 0, start: received?.start ?? 0, end: received?.end ?? 0))
    } else {
      object.addUnknownTransfer()
    }
    if role == .client {
      object["retransmits"] = retransmits?.json()
      object["max_snd_cwnd"] = tcp?.maximumCongestionWindow.json()
      object["max_snd_wnd"] = tcp?.maximumSendWindow.json()
      object["max_rtt"] = tcp?.maximumRtt.json()
      object["min_rtt"] = tcp?.minimumRtt.json()
      object["mean_rtt"] = tcp?.meanRtt.json()
    }
    object["sender"] = (role == .client).json()
    return .object(object)
  }

  private static func receiverSide(socket: Int? = nil, received: Transfer?, role: RunReport.Role) -> JSONValue {
    var object = JSONObject()
    object["socket"] = socket?.json()
    if let received {
      object.add(received)
    } else {
      object.addUnknownTransfer()
    }
    object["sender"] = (role == .client).json()
    return .object(object)
  }

  /// Percent of one CPU. A server that was not told prints 0 for the client, as iperf3's always does.
  private static func utilization(of report: RunReport) -> JSONValue {
    let own = report.processor
    let remote = own.peer
    let unknown: JSONValue = report.role == .server ? .integer(0) : .null
    return .object([
      "host_total": own.totalPercent.json(),
      "host_user": own.userPercent.json(),
      "host_system": own.systemPercent.json(),
      "remote_total": remote?.totalPercent.json() ?? unknown,
      "remote_user": remote?.userPercent.json() ?? unknown,
      "remote_system": remote?.systemPercent.json() ?? unknown,
    ])
  }
}
