import Report

/// What a run's end tells of where its workers were put at its begin.
struct PlacementOutcome {
  /// Of the workers, as they were chosen.
  var placements: [WorkerPlacementReport]
  /// The queue of each worker.
  var queues: [Int]
  /// With the CPUs that processed packets, by the interrupts' state at the end.
  var cpus: [CPUReport]

  /// Queues whose interrupt went to another CPU than the one that a worker was placed by. An affinity may take effect with
  /// the first packets only.
  var notes: [String] {
    placements.compactMap { placement in
      guard placement.worker < queues.count, let serving = placement.serving, serving.source == .interrupt else {
        return nil
      }
      let queue = queues[placement.worker]
      let now = cpus.filter { $0.softirq.contains { $0.kind == .interrupt && $0.queue == queue } }.map(\.cpu)
      guard let cpu = now.first, !now.contains(serving.cpu) else { return nil }
      return "queue \(queue) was served by CPU \(cpu) at the end, and worker \(placement.worker) was placed by CPU "
        + "\(serving.cpu)"
    }
  }
}
