/// Where the run took place and what its connections were like: figures of two runs compare only where these agree.
struct EnvironmentText {
  let report: RunReport

  var lines: [TextLine] {
    let environment = report.environment
    var lines = [TextLine("       Mode: \(ModeText.sentence(for: report))")]
    lines.append(
      TextLine(
        "       Host: \(environment.host), Linux \(environment.kernel) \(environment.architecture), "
          + "CPU \(environment.cpuModel), \(environment.onlineCpus) online, zcrx-bench \(report.toolVersion)"))
    if let interface = environment.interface { lines.append(MachineText.line(for: interface)) }
    lines.append(TextLine("        TCP: \(connections)"))
    if let network = report.network { lines += NetworkText(network: network).lines }
    return lines
  }

  /// In a verbose report.
  var detailedLines: [TextLine] {
    var lines: [TextLine] = []
    if let machine = report.environment.machine {
      lines.append(MachineText.line(for: machine, interface: report.environment.interface))
    }
    lines += report.streams.flatMap { TCPText(stream: $0).lines }
    if let network = report.network { lines += NetworkText(network: network).detailedLines }
    return lines
  }

  private var connections: String {
    let states = report.streams.compactMap(\.tcp)
    guard !states.isEmpty else {
      return "no connection's state could be read; default congestion control \(report.environment.defaultCongestion)"
    }
    let used = Set(states.map { $0.congestion.isEmpty ? "unknown" : $0.congestion }).sorted().joined(separator: ", ")
    let peer = report.peerCongestion.map { "; the other side used \($0)" } ?? ""
    return "congestion control \(used) (default \(report.environment.defaultCongestion)\(peer)), "
      + "MSS \(range(states, \.sendMss)) out and \(range(states, \.receiveMss)) in, "
      + "buffers \(range(states, \.sendBuffer)) out and \(range(states, \.receiveBuffer)) in, "
      + "path MTU \(range(states, \.pathMtu)), smallest round trip \(range(states, \.minimumRtt)) us"
  }

  /// One value, or the smallest to the largest where the connections differ.
  private func range<Value: Comparable>(_ states: [TCPReport], _ figure: KeyPath<TCPReport, Value>) -> String {
    let values = states.map { $0[keyPath: figure] }
    guard let least = values.min(), let most = values.max() else { return "unknown" }
    return least == most ? "\(least)" : "\(least) to \(most)"
  }
}
