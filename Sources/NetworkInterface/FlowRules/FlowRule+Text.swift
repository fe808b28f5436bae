extension FlowRule {
  /// The command of ethtool(8) that inserts it; where it goes is found as there.
  public func command(for interface: String) -> String {
    var words = ["ethtool", "-N", interface]
    if case .tcp(let flow) = specification { words += flow.words }
    switch action {
    case .queue(let queue): words += ["action", "\(queue)"]
    case .context(let context, _): words += ["context", "\(context)"]
    case .drop: words += ["action", "-1"]
    case .other(let cookie): words += ["action", "\(cookie)"]
    }
    return words.joined(separator: " ")
  }

  /// The command that deletes the rule at `location`.
  public static func deletion(at location: UInt32, from interface: String) -> String {
    "ethtool -N \(interface) delete \(location)"
  }
}

extension TCPFlow {
  fileprivate var words: [String] {
    let parts: [(String, String?)] = [
      ("flow-type", isIPv6 ? "tcp6" : "tcp4"), ("src-ip", source?.description), ("dst-ip", destination?.description),
      ("src-port", sourcePort.map(String.init)), ("dst-port", destinationPort.map(String.init)),
    ]
    return parts.flatMap { name, value in value.map { [name, $0] } ?? [] }
  }
}
