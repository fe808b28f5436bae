/// Where workers were put, and how they waited.
enum PlacementText {
  /// One line for each worker.
  static func lines(for placement: CPUPlacementReport?) -> [TextLine] {
    guard let placement else { return [] }
    return placement.workers.map { worker in
      let node = worker.numaNode.map { " of node \($0)" } ?? ""
      let place = worker.cpu.map { "CPU \($0)\(node): " } ?? ""
      return TextLine(
        "  Placement: worker \(worker.worker): \(place)\(worker.reason)\(relation(worker, placement.wish))")
    }
  }

  /// Where the reason says nothing of it.
  private static func relation(_ worker: WorkerPlacementReport, _ wish: CPUPlacementReport.Wish) -> String {
    guard wish == .list || wish == .automatic, let serving = worker.serving, let relation = worker.relation else {
      return ""
    }
    let words =
      switch relation {
      case .same: "the same"
      case .sibling: "of the same core"
      case .sameNode: "of the same node"
      case .otherNode: "of another node"
      }
    return " (packets on CPU \(serving.cpu), \(words))"
  }

  /// What was asked for, and what became of it.
  static func lines(for polling: PollingReport?) -> [TextLine] {
    guard let polling else { return [] }
    var parts: [String] = []
    if let busyPoll = polling.busyPoll, let method = polling.method {
      parts.append("polls for \(busyPoll) µs (\(words(method)))")
    }
    if let wait = polling.minimumWait, let batch = polling.minimumWaitBatch {
      parts.append("collects completions for \(wait) µs, or \(batch)")
    }
    let waiting = parts.isEmpty ? [] : [TextLine("    Waiting: \(parts.joined(separator: "; "))")]
    return waiting + polling.refusals.map { TextLine("    Waiting: \($0)") }
  }

  /// One line for each queue.
  static func detailedLines(for polling: PollingReport?) -> [TextLine] {
    (polling?.deferrals ?? []).map { deferral in
      let parts = [
        deferral.deferHardIRQs.map { "defer-hard-irqs \($0)" },
        deferral.groFlushTimeout.map { "gro-flush-timeout \($0) ns" },
        deferral.irqSuspendTimeout.map { "irq-suspend-timeout \($0) ns" },
      ].compactMap { $0 }
      return TextLine("       NAPI: \(deferral.napi) of queue \(deferral.queue): \(parts.joined(separator: ", "))")
    }
  }

  private static func words(_ method: PollingReport.Method) -> String {
    switch method {
    case .ringStatic: "the ring, the queue's NAPI"
    case .ringDynamic: "the ring, the NAPI of its sockets"
    case .epoll: "epoll and sockets"
    case .sockets: "sockets alone"
    }
  }
}
