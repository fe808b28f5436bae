import Linux
import NetworkInterface
import Report
import SystemPackage
import Uring

/// The zero-copy workers of a server: started, and their queues registered, before it listens; ended with it. It belongs to
/// the control thread.
public final class ZeroCopyTeam {
  let setup: ZeroCopySetup
  /// Signalled by any worker: there is news.
  let changed: EventDescriptor
  private(set) var workers: [ZeroCopyWorker] = []
  private var threads = ThreadList()
  /// Of every queue, as the kernel accepted it.
  private(set) var blankReports: [ZeroCopyQueueReport] = []
  private var placements: FlowPlacement
  private var next = 0
  private var nextToken: UInt32 = 1
  /// Which worker reads for the control thread, by token.
  private var readers: [UInt32: (worker: Int, socket: Socket)] = [:]
  private var isClosed = false

  /// Registers every queue; all or none.
  ///
  /// - Parameter cpus: one entry per queue: its worker's CPU, or nil for none in particular.
  public init(_ setup: ZeroCopySetup, cpus: [Int?]) throws(ZeroCopyTeamError) {
    self.setup = setup
    placements = FlowPlacement(setup.device)
    do throws(SystemCallError) {
      changed = try EventDescriptor()
    } catch {
      throw .system(error)
    }
    do throws(SystemCallError) {
      for (index, queue) in setup.queues.enumerated() {
        let worker = try ZeroCopyWorker(
          index: index, queue: queue, cpu: index < cpus.count ? cpus[index] : nil, setup: setup, changed: changed)
        threads.append(try worker.start())
        workers.append(worker)
      }
    } catch {
      close()
      throw .system(error)
    }
    for worker in workers {
      switch worker.waitForRegistration() {
      case .done(let report): blankReports.append(report)
      case .refused(let error):
        close()
        throw .refused(error, queue: worker.queue)
      case .pending: break
      }
    }
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
    }
  }

  deinit {
    close()
  }

  /// Closes every ring and waits until the interface's queues are free again, for a few seconds at most.
  ///
  /// - Returns: the queues that are still held, each with its holder.
  @discardableResult
  public func close() -> [String] {
    guard !isClosed else { return [] }
    isClosed = true
    for worker in workers { worker.order(.close) }
    threads.joinAll()
    // A queue that was refused is somebody else's, and may stay so.
    return placements.waitUntilUnbound(workers.filter(\.hasRegistered).compactMap(\.queue))
  }

  /// The first worker that cannot go on; nil while all can.
  var failure: SystemCallError? { workers.lazy.compactMap(\.failure).first }

  // MARK: Flows

  /// Where a connection's packets come in, and which worker's queue that is.
  func place(_ socket: Socket) -> (report: PlacementReport?, worker: Int?) {
    guard setup.device != nil else {
      defer { next += 1 }
      return (nil, next % workers.count)
    }
    let place = placements.place(of: socket)
    let worker = place.queue.flatMap { queue in workers.firstIndex { $0.queue == queue } }
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
    let (report, placed) = place(flow.socket)
    flow.placement.withLock { $0 = report }
    var worker = placed
    if let previous, placed == nil || placed == previous || !hasProgressed { worker = (previous + 1) % workers.count }
    if let worker {
      workers[worker].order(.receive(flow, copying: false))
      return worker
    }
    defer { next += 1 }
    let substitute = next % workers.count
    workers[substitute].order(.receive(flow, copying: true))
    return substitute
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
    let news = workers.flatMap { $0.takeNews() }
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
