import Linux
import NetworkInterface
import Report
import SystemPackage
import Uring

/// The zero-copy workers of a server: started, and their queues registered, before it listens; ended with it. It belongs to
/// the control thread.
public final class ZeroCopyTeam {
  private(set) var setup: ZeroCopySetup
  /// Signalled by any worker: there is news.
  let changed: EventDescriptor
  /// Flows are received on a ring although nothing sends them to its queue: the kernel copies every byte into the area.
  var steersAway = false
  private(set) var workers: [ZeroCopyWorker] = []
  /// Where each of them was put.
  private(set) var places: [WorkerPlacementReport] = []
  private var threads = ThreadList()
  /// Of every queue, as the kernel accepted it.
  private(set) var blankReports: [ZeroCopyQueueReport] = []
  private var pollings: [PollingOutcome] = []
  /// What busy polling and minimum waits came to.
  var polling: PollingOutcome { .least(of: pollings) }
  private var placements: FlowPlacement
  private var next = 0
  private var nextToken: UInt32 = 1
  /// Which worker reads for the control thread, by token.
  private var readers: [UInt32: (worker: Int, socket: Socket)] = [:]
  /// Of workers that are gone.
  private var lastNews: [ZeroCopyNews] = []
  private var isClosed = false
  /// The interface as this team prepared it; nil where the user did.
  private var lease: InterfaceLease?
  private var keepsInterface = false
  private(set) var steering: FlowSteering?

  /// Takes over the interface's lease, and steers flows by it.
  ///
  /// - Throws: what the kernel refused a rule for the server's port with.
  func take(_ lease: InterfaceLease, _ wish: ZeroCopyWish) throws(LeaseError) {
    self.lease = lease
    keepsInterface = wish.keepsInterface
    // The queues are registered, which may have made their NAPI instances anew.
    try lease.holdDeferrals()
    guard let device = setup.device, wish.steering != .none else { return }
    let steering = FlowSteering(lease, queues: device.queues, method: wish.steering)
    try steering.begin(port: wish.port)
    self.steering = steering
  }

  /// Sets again what the device has forgotten; what that was, a phrase each.
  func renew() -> [String] { lease?.renew() ?? [] }

  /// What counts the kernel's copies; nil without.
  private(set) var tracing: CopyTracing?

  /// Has the kernel's copies counted from now on by a probe, where it is not known anyway what is copied. Takes up to a second.
  public func trace() {
    guard setup.device != nil, setup.areaKind != .dmabuf else { return }
    tracing = CopyTracing()
    prepareTracing()
  }

  /// Has every worker whose copies are not counted yet, or not any more, see that the probe counts; waits for them, because
  /// what is copied for that is nobody's.
  func prepareTracing() {
    guard let probe = tracing?.probe else { return }
    let waiting = workers.filter { !$0.isTraced }
    for worker in waiting { worker.order(.trace(probe)) }
    for worker in waiting { worker.waitForTrace() }
  }

  /// Registers every queue; all or none.
  ///
  /// - Parameter places: of the workers, one for each queue.
  init(_ setup: ZeroCopySetup, _ places: [WorkerPlacementReport]) throws(ZeroCopyTeamError) {
    self.setup = setup
    self.places = places
    placements = FlowPlacement(setup.device)
    do throws(SystemCallError) {
      changed = try EventDescriptor()
    } catch {
      throw .system(error)
    }
    do throws(ZeroCopyTeamError) {
      try register()
    } catch {
      close()
      throw error
    }
  }

  private func register() throws(ZeroCopyTeamError) {
    do throws(SystemCallError) {
      for (index, queue) in setup.queues.enumerated() {
        let worker = try ZeroCopyWorker(
          index: index, queue: queue, cpu: places[index].cpu, setup: setup, changed: changed)
        threads.append(try worker.start())
        workers.append(worker)
      }
    } catch {
      throw .system(error)
    }
    for worker in workers {
      switch worker.waitForRegistration() {
      case .done(let report, let polling):
        blankReports.append(report)
        pollings.append(polling)
      case .refused(let error):
        throw .refused(error, queue: worker.queue)
      case .pending: break
      }
    }
  }

  /// Every worker's place, by who serves its queue.
  static func places(_ setup: ZeroCopySetup, _ placer: WorkerPlacer) -> [WorkerPlacementReport] {
    var placer = placer
    placer.interfaceNode = setup.device?.numaNode
    placer.hasQueues = setup.device != nil
    let services = setup.device.map { QueueService.read($0.queues, of: $0.index) } ?? []
    let served = setup.queues.indices.map { index in
      index < services.count ? ServingCPU(services[index]) : .unknown("it has no queue of an interface")
    }
    placer.serving = Set(served.compactMap(\.cpu))
    return served.enumerated().map { placer.place($0, $1) }
  }

  /// What each queue was given, and what it was refused, one a line.
  public var layout: [String] {
    blankReports.flatMap { report in
      let place = report.queue.map { "queue \($0)" } ?? "ring \(report.worker) without a device"
      let memory = report.memory
      let area = RefusalEvidence.bytes(Int(clamping: memory.areaBytes))
      let sizes =
        "\(place): \(setup.areaKind.rawValue) of \(area) in buffers of \(memory.bufferBytes) bytes; "
        + "entries of the refill ring \(memory.refillEntries), of the completion queue \(memory.completionEntries)"
      return [sizes] + report.refusedOptions.map { "\(place): refused \($0)" }
    } + places.map { "worker \($0.worker): \($0.cpu.map { "CPU \($0), " } ?? "")\($0.reason)" }
  }

  /// What may go wrong with the areas as they are.
  public var warnings: [String] {
    // Nothing can be copied into a dma-buf, however large it is.
    guard let ring = setup.device?.receiveRing, setup.areaKind != .dmabuf else { return [] }
    return blankReports.compactMap { Self.warning($0.queue ?? 0, $0.memory, receiveRing: ring) }
  }

  static func warning(_ queue: Int, _ memory: ZeroCopyMemoryReport, receiveRing: Int) -> String? {
    let least = ZeroCopySizing.least(bufferBytes: Int(clamping: memory.bufferBytes), receiveRing: receiveRing)
    guard memory.areaBytes < UInt64(clamping: least) else { return nil }
    return
      "queue \(queue): the area has \((memory.areaBytes / memory.bufferBytes).counted("buffer")), of which the ring "
      + "(\(receiveRing)) and the page pool (\(ZeroCopySizing.poolCache)) may hold all, so that none is free to copy a "
      + "packet into: --area-size \((least + 1023) / 1024)K or more leaves some"
  }

  deinit {
    close()
  }

  /// Something that is not as it was before the server started.
  public struct Leftover: Sendable {
    public let description: String
    /// It should have been put back and was not.
    public let isFailure: Bool
  }

  /// Closes every ring and waits until the interface's queues are free again, for a few seconds at most.
  ///
  /// Puts the interface back, where it was prepared.
  ///
  /// - Parameter afterFailure: the server never served: then the interface is put back even where it was to be kept.
  /// - Returns: what is not as it was before, in words.
  @discardableResult
  public func close(afterFailure: Bool = false) -> [Leftover] {
    guard !isClosed else { return [] }
    if afterFailure { keepsInterface = false }
    isClosed = true
    // A queue that was refused is somebody else's, and may stay so.
    let registered = workers.filter(\.hasRegistered).compactMap(\.queue)
    endWorkers()
    let held = placements.waitUntilUnbound(registered).map { Leftover(description: $0, isFailure: false) }
    return held + endLease()
  }

  private func endWorkers() {
    for worker in workers { worker.order(.close) }
    threads.joinAll()
    lastNews += workers.flatMap { $0.takeNews() }
    threads = ThreadList()
    (workers, blankReports, pollings, readers) = ([], [], [], [:])
  }

  // MARK: Out of use, and in use again

  /// Whether the queues are registered.
  var isInUse: Bool { !workers.isEmpty }

  /// Closes every ring and waits until the queues are free, for a few seconds at most. Interface, rules and what the workers
  /// had to tell stay.
  ///
  /// - Returns: the queues that somebody still holds, in words: what comes in there would lie in their memory.
  func suspend() -> [String] {
    endWorkers()
    return placements.waitUntilUnbound(setup.device?.queues ?? [])
  }

  /// Registers every queue again after `suspend`; all or none.
  func resume(_ setup: ZeroCopySetup, _ places: [WorkerPlacementReport]) throws(ZeroCopyTeamError) {
    (self.setup, self.places) = (setup, places)
    placements = FlowPlacement(setup.device)
    do throws(ZeroCopyTeamError) {
      try register()
    } catch {
      endWorkers()
      throw error
    }
    prepareTracing()
    // Where that fails, the report says what was deferred instead.
    try? lease?.holdDeferrals()
  }

  /// Puts the interface back as it was; what could not be, or is left alone, in words.
  private func endLease() -> [Leftover] {
    guard let lease else { return [] }
    self.lease = nil
    guard keepsInterface else {
      return lease.release().map { Leftover(description: $0.description, isFailure: $0.kind == .notRestored) }
    }
    do throws(LeaseError) {
      try lease.keep()
      return []
    } catch {
      return [Leftover(description: "\(error)", isFailure: true)]
    }
  }

  // MARK: Flows

  /// The worker of a queue; nil where it is none of ours.
  func worker(of queue: Int) -> Int? { setup.queues.firstIndex(of: queue) }

  /// Where a connection's packets come in, and which worker's queue that is.
  func place(_ socket: Socket) -> (report: PlacementReport?, worker: Int?) {
    guard setup.device != nil else {
      defer { next += 1 }
      return (nil, next % workers.count)
    }
    let place = placements.place(of: socket)
    // What is forwarded to a leased queue's interface has lost its NAPI on the way, and one of a device that cannot be seen
    // from here is not known: neither says that it came in elsewhere.
    if let leases = setup.device?.leases, !leases.isEmpty, place.queue == nil,
      place.napi == 0 || leases.contains(where: { $0.origin == nil })
    {
      return (nil, workers.count == 1 ? 0 : nil)
    }
    let worker = place.queue.flatMap(worker)
    return (
      PlacementReport(napi: place.napi, queue: place.queue, isOurs: worker != nil), worker
    )
  }

  /// Receives a flow on the ring its packets belong to; by copy where they belong to none.
  ///
  /// - Parameters:
  ///   - previous: the worker that had it and could not read what is at the head of its socket. That lies in the memory of
  ///     some ring then, though not always of the one that the last packet came to.
  ///   - hasProgressed: whether that worker could read anything. Where none can, they have their turns.
  /// - Returns: the worker it was given to.
  func receive(_ flow: Flow, after previous: Int? = nil, hasProgressed: Bool = true) -> Int {
    // A rule of its own decides where it comes in from now on; what came before is in ordinary memory, which every ring
    // reads by copy.
    if steersAway { return receiveInTurn(flow, copying: false) }
    if previous == nil, let worker = steering?.steer(flow).flatMap(worker) {
      workers[worker].order(.receive(flow, copying: false))
      return worker
    }
    let (report, placed) = place(flow.socket)
    flow.placement.withLock { $0 = report }
    var worker = placed
    if let previous, placed == nil || placed == previous || !hasProgressed { worker = (previous + 1) % workers.count }
    if let worker {
      workers[worker].order(.receive(flow, copying: false))
      return worker
    }
    return receiveInTurn(flow, copying: true)
  }

  private func receiveInTurn(_ flow: Flow, copying: Bool) -> Int {
    defer { next += 1 }
    let worker = next % workers.count
    workers[worker].order(.receive(flow, copying: copying))
    return worker
  }

  /// Receives a flow on the ring of this worker.
  func receive(_ flow: Flow, by worker: Int) {
    workers[worker].order(.receive(flow, copying: false))
  }

  /// A flow is over, or its test is: where it came in at last is known now, and its rule has no more to do.
  func conclude(_ flow: Flow) {
    let report = place(flow.socket).report
    flow.placement.withLock { $0 = report ?? $0 }
    steering?.release(flow.id)
  }

  /// Waits until the ring of a worker that has failed has let go of its queue: packets that come in from then on lie in
  /// ordinary memory.
  func waitUntilUnbound(_ worker: Int) {
    guard let queue = workers[worker].queue else { return }
    _ = placements.waitUntilUnbound([queue])
  }

  // MARK: Reading for the control thread

  /// Reads at most `limit` bytes of a connection whose bytes recv() cannot reach. What comes is in `takeNews`.
  ///
  /// - Parameter attempt: how many rings could not read it before: the bytes at the head of the socket need not have come
  ///   where the last packet did.
  /// - Returns: the token the news carry.
  func read(_ socket: Socket, limit: Int, attempt: Int) -> UInt32 {
    let worker = ((place(socket).worker ?? 0) + attempt) % workers.count
    let token = nextToken
    nextToken &+= 1
    readers[token] = (worker, socket)
    workers[worker].order(.read(token: token, socket: socket, limit: UInt32(clamping: limit)))
    return token
  }

  /// Rings that may be tried for a connection before its bytes are out of reach; each more than once, because packets go on
  /// coming meanwhile.
  var mostReadings: Int { 2 * workers.count + 2 }

  func stopReading(_ token: UInt32) {
    guard let reader = readers[token] else { return }
    workers[reader.worker].order(.stopReading(token: token))
  }

  /// What the workers had to tell since the last time.
  func takeNews() -> [ZeroCopyNews] {
    let news = lastNews + workers.flatMap { $0.takeNews() }
    lastNews = []
    for case .readingEnded(let token, _) in news { readers[token] = nil }
    return news
  }
}

/// Why zero-copy receive could not be set up.
public enum ZeroCopyTeamError: Error, Sendable {
  case system(SystemCallError)
  case refused(ZeroCopyRegistrationError, queue: Int?)
  /// It was not tried: so many bytes would have been pinned, and pinning what is not there ends other programs.
  case memoryShort(wanted: UInt64, available: UInt64)
}
