/// Processor time in one line; percent of one CPU everywhere, so that the figures may be added and compared.
struct ProcessorText {
  let report: RunReport

  var sentence: String {
    var parts = ["\(own)\(perGibibyte)", machine]
    if let peer = report.processor.peer {
      parts.append(
        side(report.role == .client ? "receiver" : "sender", peer.totalPercent, peer.userPercent, peer.systemPercent))
    }
    return parts.joined(separator: "; ")
  }

  private var own: String {
    let use = report.processor
    guard use.wallSeconds >= RunReport.shortestForProcessor else {
      return "\(report.role == .client ? "sender" : "receiver") unknown (the run was too short to tell)"
    }
    return side(
      report.role == .client ? "sender" : "receiver", use.totalPercent, use.userPercent, use.systemPercent)
  }

  private func side(_ name: String, _ total: Double, _ user: Double, _ system: Double) -> String {
    let figures = [total, user, system].map { $0.text(decimals: 1) }
    return "\(name) \(figures[0]) % (user \(figures[1]), system \(figures[2]))"
  }

  /// Of this side's own account: what the other side moved did not cost this processor anything.
  private var perGibibyte: String {
    report.processCost.map { ", \($0.secondsPerGibibyte.text(decimals: 3)) CPU-s/GiB" } ?? ""
  }

  /// Stolen time is the hypervisor's: neither busy nor idle.
  private var machine: String {
    let wall = report.processor.wallSeconds
    guard let machine = report.processor.machine, wall > 0 else {
      return "machine unknown" + (report.processor.machineUnknown.map { " (\($0.printable))" } ?? "")
    }
    func percent(_ seconds: Double) -> String { (seconds / wall * 100).text(decimals: 1) }
    let busy = machine.user + machine.system + machine.irq + machine.softirq
    let waiting = machine.ioWait.map { " (iowait \(percent($0)))" } ?? ""
    let whole = (Double(machine.cpus) * 100).text(decimals: 0)
    return "machine \(percent(busy)) % of \(whole) % incl. softirq \(percent(machine.softirq)), "
      + "irq \(percent(machine.irq)); idle \(percent(machine.idle))\(waiting), stolen \(percent(machine.steal)) %"
  }
}
