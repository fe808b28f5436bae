import Linux
import NetworkInterface
import Report

/// What is known about the CPU that processes a worker's packets in softirq.
enum ServingCPU: Sendable, Equatable {
  /// - Parameter what: whose packets, for the reader: "queue 3", "its first stream".
  case known(Int, SoftirqSource.Kind, what: String)
  /// Why not, in a clause.
  case unknown(String)

  /// That of a receive queue, by its interrupt.
  init(_ service: QueueService) {
    let queue = "queue \(service.queue)"
    if service.thread != nil {
      self = .unknown("\(queue) is polled in a thread")
    } else if let interrupt = service.interrupt, let cpu = service.cpus.first {
      self =
        service.cpus.count == 1
        ? .known(cpu, .interrupt, what: queue)
        : .unknown("interrupt \(interrupt) of \(queue) may go to CPUs \(CPUPlacement.ranges(service.cpus))")
    } else {
      self = .unknown("the interrupt of \(queue) is not told")
    }
  }

  /// That of a connection's last packet.
  init(_ socket: Socket) {
    let cpu = (try? socket.incomingCPU()) ?? nil
    self = cpu.map { .known($0, .incomingCPU, what: "its first stream") } ?? .unknown("no packet tells yet")
  }

  var cpu: Int? { if case .known(let cpu, _, _) = self { cpu } else { nil } }
}
