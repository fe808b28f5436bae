import BoundedJSON

extension IperfDocument {
  static func interval(_ interval: IntervalReport, role: RunReport.Role) -> JSONValue {
    var object: JSONObject = [
      "streams": .array(interval.streams.map { stream($0, in: interval, role: role) }),
      "sum": sum(of: interval, role: role),
    ]
    object["zcrx_bench"] = ours(in: interval)
    return .object(object)
  }

  /// Copied or not, and the memory's traffic, for whoever follows the intervals as they come; nil where neither is known.
  private static func ours(in interval: IntervalReport) -> JSONValue? {
    guard interval.copied != nil || interval.zeroCopied != nil || interval.memory != nil else { return nil }
    var object = JSONObject()
    object["copied"] = interval.copied?.json()
    object["zero_copied"] = interval.zeroCopied?.json()
    object["memory"] = interval.memory?.json()
    return .object(object)
  }

  private static func stream(_ stream: IntervalStream, in interval: IntervalReport, role: RunReport.Role) -> JSONValue {
    var object: JSONObject = ["socket": stream.socket.json()]
    object.add(Transfer(bytes: stream.bytes, start: interval.start, end: interval.end))
    if role == .client {
      object["retransmits"] = stream.retransmits?.json()
      object["snd_cwnd"] = stream.congestionWindow?.json()
      object["snd_wnd"] = stream.sendWindow?.json()
      object["rtt"] = stream.rtt?.json()
      object["rttvar"] = stream.rttVariation?.json()
      object["pmtu"] = stream.pathMtu?.json()
    }
    object["omitted"] = interval.omitted.json()
    object["sender"] = (role == .client).json()
    return .object(object)
  }

  private static func sum(of interval: IntervalReport, role: RunReport.Role) -> JSONValue {
    var object = JSONObject()
    object.add(Transfer(bytes: interval.bytes, start: interval.start, end: interval.end))
    if role == .client { object["retransmits"] = interval.retransmits?.json() }
    object["omitted"] = interval.omitted.json()
    object["sender"] = (role == .client).json()
    return .object(object)
  }
}

extension JSONObject {
  /// The five members iperf3 writes for every span: `start`, `end`, `seconds`, `bytes`, `bits_per_second`.
  mutating func add(_ transfer: Transfer) {
    self["start"] = transfer.start.json()
    self["end"] = transfer.end.json()
    self["seconds"] = transfer.seconds.json()
    self["bytes"] = transfer.bytes.json()
    self["bits_per_second"] = transfer.bitsPerSecond.json()
  }

  /// The same members for an account that never arrived.
  mutating func addUnknownTransfer() {
    for key in ["start", "end", "seconds", "bytes", "bits_per_second"] { self[key] = .null }
  }
}
