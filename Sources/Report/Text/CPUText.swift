/// Which CPUs ran the workers and which processed the packets, and how busy each was.
struct CPUText {
  let cpus: [CPUReport]
  /// CPUs named in the one line of a report that is not verbose.
  private static let mostNamed = 8

  var lines: [TextLine] {
    guard !cpus.isEmpty else { return [] }
    let named = cpus.prefix(Self.mostNamed).map { "\(Self.role(of: $0))\(Self.busy($0))" }
    let more = cpus.count > Self.mostNamed ? ["and \(cpus.count - Self.mostNamed) more"] : []
    return [TextLine("       CPUs: \((named + more).joined(separator: "; "))")]
  }

  /// One line for each CPU.
  var detailedLines: [TextLine] {
    cpus.map { cpu in
      let node = cpu.numaNode.map { "NUMA node \($0), " } ?? ""
      return TextLine(
        "    CPU \("\(cpu.cpu)".leftPadded(to: 3)): \(node)\(cpu.time.map(Self.classes) ?? "time unknown")"
          + Self.clock(cpu.clock))
    }
  }

  /// `; 3700 MHz at the begin and 3200 at the end`; nothing where either is not known.
  private static func clock(_ clock: CPUClockReport?) -> String {
    guard let begin = clock?.kilohertzAtBegin, let end = clock?.kilohertzAtEnd else { return "" }
    func megahertz(_ kilohertz: UInt32) -> String { (Double(kilohertz) / 1000).text(decimals: 0) }
    return "; \(megahertz(begin)) MHz at the begin and \(megahertz(end)) at the end"
  }

  static func classes(_ time: CPUTimeReport) -> String {
    func seconds(_ value: Double) -> String { value.text(decimals: 2) }
    let guest = time.guest.flatMap { $0 > 0 ? " (guests \(seconds($0)))" : nil } ?? ""
    return "user \(seconds(time.user))\(guest), system \(seconds(time.system)), irq \(seconds(time.irq)), "
      + "softirq \(seconds(time.softirq)), idle \(seconds(time.idle)) (iowait \(seconds(time.ioWait))), "
      + "stolen \(seconds(time.steal)) s"
  }

  private static func role(of cpu: CPUReport) -> String {
    var roles: [String] = []
    if !cpu.workers.isEmpty {
      roles.append("ran \(cpu.workers.count == 1 ? "worker" : "workers") \(list(cpu.workers))")
    }
    let sources = cpu.softirq.map { source in
      switch source.kind {
      case .interrupt:
        "interrupt \(source.interrupt.map { "\($0)" } ?? "unknown") of queue \(source.queue.map { "\($0)" } ?? "unknown")"
      case .incomingCPU: "\(source.streams.count == 1 ? "stream" : "streams") \(list(source.streams))"
      }
    }
    if !sources.isEmpty { roles.append("served softirq of \(sources.joined(separator: ", "))") }
    return "CPU \(cpu.cpu) \(roles.joined(separator: " and "))"
  }

  private static func list(_ numbers: [Int]) -> String { numbers.map { "\($0)" }.joined(separator: " ") }

  private static func busy(_ cpu: CPUReport) -> String {
    guard let time = cpu.time, let busy = time.percent(of: time.busy), let softirq = time.percent(of: time.softirq)
    else { return "" }
    return ", \(busy.text(decimals: 0)) % busy (softirq \(softirq.text(decimals: 0)) %)"
  }
}
