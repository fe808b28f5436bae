import Linux

/// Who polls a receive queue: the CPU, or the CPUs, on which packets that come in on it are processed.
public struct QueueService: Sendable, Equatable {
  public var queue: Int
  public var napi: UInt32?
  /// Its interrupt; nil where the driver does not tell.
  public var interrupt: UInt32?
  /// The thread it polls in, where it polls in one (threaded NAPI) and not in softirq.
  public var thread: UInt32?
  /// The CPUs that serve the interrupt: those it does go to where the kernel tells, else those it may go to; empty
  /// where it is not known. With one alone, that CPU processes the queue's packets.
  public var cpus: [Int]

  public init(queue: Int, napi: UInt32? = nil, interrupt: UInt32? = nil, thread: UInt32? = nil, cpus: [Int] = []) {
    self.queue = queue
    self.napi = napi
    self.interrupt = interrupt
    self.thread = thread
    self.cpus = cpus
  }

  /// Reads who serves `queues` of an interface; queues of which nothing is known have only their number.
  public static func read(_ queues: [Int], of interface: UInt32) -> [QueueService] {
    let napis = Reading { () throws(SystemCallError) in
      var socket = try NetdevSocket()
      return (try QueueLocator(interface: interface, through: &socket), try socket.napis(of: interface))
    }
    return queues.map { queue in
      guard let (locator, states) = napis.value, let napi = locator.napi(of: queue) else {
        return QueueService(queue: queue)
      }
      let state = states.first { $0.id == napi }
      return QueueService(
        queue: queue, napi: napi, interrupt: state?.interrupt, thread: state?.thread,
        cpus: state?.interrupt.map { cpus(of: $0) } ?? [])
    }
  }

  /// The state of the NAPI instance of each of `queues`, as far as it is told.
  public static func napis(of queues: [Int], interface: UInt32) -> [(queue: Int, state: NAPIState)] {
    let napis = Reading { () throws(SystemCallError) in
      var socket = try NetdevSocket()
      return (try QueueLocator(interface: interface, through: &socket), try socket.napis(of: interface))
    }
    guard let (locator, states) = napis.value else { return [] }
    return queues.compactMap { queue in
      states.first { $0.id == locator.napi(of: queue) }.map { (queue, $0) }
    }
  }

  static func cpus(of interrupt: UInt32, directory: String = "/proc/irq") -> [Int] {
    Reading { () throws(SystemCallError) in try InterruptAffinity.read(interrupt, directory: directory) }.value
      .map { $0.effective.flatMap { $0.isEmpty ? nil : $0 } ?? $0.allowed } ?? []
  }
}
