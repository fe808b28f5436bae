import Report

/// What a receiver's report says of the circumstances in which a mode ran: what must be alike for modes to be compared.
enum RunFacts {
  /// One sentence for each of them that is known.
  static func sentences(of report: RunReport) -> [String] {
    [queue(report), dataSplit(report), memory(report), workers(report)].compactMap { $0 }
  }

  private static func queue(_ report: RunReport) -> String? {
    guard let network = report.network, !network.queues.isEmpty else { return nil }
    let queues = network.queues.map { queue in
      let cpus = queue.cpus.isEmpty ? "" : " (CPU \(queue.cpus.map(String.init).joined(separator: ", ")))"
      return "\(queue.queue)\(cpus)"
    }
    return "\(queues.count == 1 ? "queue" : "queues") \(queues.joined(separator: ", ")) of \(network.interface)"
  }

  private static func dataSplit(_ report: RunReport) -> String? {
    guard let interface = report.environment.interface, let split = interface.dataSplit else { return nil }
    return "\(interface.name)'s data split \(split.rawValue)"
  }

  private static func memory(_ report: RunReport) -> String? {
    guard let memory = report.zeroCopy?.queues.first?.memory else { return nil }
    return "buffers of \(memory.bufferBytes) bytes, area of \(memory.areaBytes >> 20) MiB"
  }

  private static func workers(_ report: RunReport) -> String? {
    guard let placement = report.placement, !placement.workers.isEmpty else { return nil }
    let workers = placement.workers.map { worker in
      let place = worker.cpu.map { "CPU \($0)" } ?? "not bound"
      guard let serving = worker.serving, worker.cpu != nil else { return "worker \(worker.worker): \(place)" }
      return "worker \(worker.worker): \(place), packets on CPU \(serving.cpu)"
    }
    return workers.joined(separator: "; ")
  }
}
