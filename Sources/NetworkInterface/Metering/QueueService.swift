import Linux

/// Who polls a receive queue: the CPU, or the CPUs, on which packets that come in on it are processed.
public struct QueueService: Sendable, Equatable {
  public var queue: Int
  public var napi: UInt32?
  /// Its interrupt; nil where the driver does not tell.
  public var interrupt: UInt32?
  /// The thread it polls in, where it polls in one (threaded NAPI) and not in softirq.
  public var thread: UInt32?
  /// The CPUs that serve the interrupt (`InterruptAffinity.serving`); empty where it is not known. With one alone, that
  /// CPU processes the queue's packets.
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
    let napis = serving(queues, of: interface)
    return queues.map { queue in
      guard let (locator, states) = napis, let napi = locator.napi(of: queue) else {
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
    guard let (locator, states) = serving(queues, of: interface) else { return [] }
    return queues.compactMap { queue in
      states.first { $0.id == locator.napi(of: queue) }.map { (queue, $0) }
    }
  }

  private static func serving(
    _ queues: [Int], of interface: UInt32
  ) -> (locator: QueueLocator, states: [NAPIState])? {
    Reading { () throws(SystemCallError) in
      var socket = try NetdevSocket()
      let states = try socket.queues(of: interface)
      let wanted = states.filter { $0.direction == .receive && queues.contains($0.number) }
      return (QueueLocator(states), try socket.napis(serving: wanted))
    }.value
  }

  static func cpus(of interrupt: UInt32, directory: String = "/proc/irq") -> [Int] {
    Reading { () throws(SystemCallError) in try InterruptAffinity.read(interrupt, directory: directory) }.value
      .map(\.serving) ?? []
  }
}
