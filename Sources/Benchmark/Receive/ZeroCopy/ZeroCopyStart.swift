import Glibc
import Linux
import Metering
import NetworkInterface
import SystemPackage
import Uring

/// From a wish to workers whose queues are registered, or to the reason why there are none.
public enum ZeroCopyStart {
  /// - Parameter placement: of the workers.
  /// - Throws: `BenchmarkError` for an interface or a queue that does not exist, and for more queues than listed CPUs.
  public static func start(
    _ wish: ZeroCopyWish, _ placement: CPUPlacement, observer: @escaping (LeaseEvent) -> Void = { _ in }
  ) throws(BenchmarkError) -> Result<ZeroCopyTeam, ZeroCopyRefusal> {
    let support = ZeroCopySupport.discover()
    if case .absent(let reason) = support.isBuiltIn {
      if let interface = wish.interface { try check(interface: interface, queues: wish.queues) }
      return .failure(ZeroCopyRefusal("no zero-copy receive: \(reason)", isUnsupported: true))
    }
    guard let interface = wish.interface, wish.preparesInterface, try mayBeCapable(interface) else {
      return try makeTeam(wish, placement, support)
    }
    if try preflight(interface, nil).identity.kind == "netkit" {
      observer(
        .remark(
          LeaseRemark(
            .warning,
            "\(interface) is not prepared: its queues are leased; prepare the device that they are leased from"
          )))
      return try makeTeam(wish, placement, support)
    }
    if case .absent(let reason) = support.permission {
      return .failure(ZeroCopyRefusal("no zero-copy receive: \(reason)", isUnsupported: false))
    }
    let request = try request(interface, wish)
    try placement.check(queues: request.wish.queues.count)
    if let refusal = try memoryRefusal(request, wish) { return .failure(refusal) }
    let lease: InterfaceLease
    do throws(LeaseError) {
      lease = try InterfaceLease.acquire(request, observer: observer)
    } catch {
      return .failure(try refusal(of: error, interface))
    }
    let result: Result<ZeroCopyTeam, ZeroCopyRefusal>
    do throws(BenchmarkError) {
      result = try makeTeam(wish, placement, support)
    } catch {
      for remark in lease.release() { observer(.remark(remark)) }
      throw error
    }
    guard case .success(let team) = result else {
      for remark in lease.release() { observer(.remark(remark)) }
      return result
    }
    do throws(LeaseError) {
      try team.take(lease, wish)
      return result
    } catch {
      team.close()
      return .failure(try refusal(of: error, interface))
    }
  }

  /// Preparing an interface whose driver is known to be unable would change it for nothing; the kernel then says why.
  private static func mayBeCapable(_ interface: String) throws(BenchmarkError) -> Bool {
    let found = try preflight(interface, nil)
    return !obstacles(on: found, queue: found.queues[0], areaBytes: nil).contains {
      ($0.subject == .driver || $0.subject == .lowerDevice) && $0.weight == .refusal
    }
  }

  private static func makeTeam(
    _ wish: ZeroCopyWish, _ placement: CPUPlacement, _ support: ZeroCopySupport
  ) throws(BenchmarkError) -> Result<ZeroCopyTeam, ZeroCopyRefusal> {
    try register(wish, placement, support) { (setup) throws(ZeroCopyTeamError) in
      try ZeroCopyTeam(setup, ZeroCopyTeam.places(setup, placement.placer))
    }
  }

  /// - Parameter registration: registers the queues of a setup.
  static func register<Team>(
    _ wish: ZeroCopyWish, _ placement: CPUPlacement, _ support: ZeroCopySupport,
    _ registration: (ZeroCopySetup) throws(ZeroCopyTeamError) -> Team
  ) throws(BenchmarkError) -> Result<Team, ZeroCopyRefusal> {
    let found = try wish.interface.map { (name) throws(BenchmarkError) in try preflight(name, wish.queues) }
    var setup = ZeroCopySetup(
      device: found.map { .init(name: $0.identity.name, index: $0.identity.index, queues: $0.queues) })
    setup.areaKind = wish.areaKind
    setup.mixedCompletions = wish.mixedCompletions
    setup.region = wish.refillMemory
    setup.polling = wish.polling
    setup.workersWithoutDevice = max(1, wish.workers)
    setup.failsAfter = getenv("ZCRX_BENCH_FAIL_RING_AFTER").flatMap { UInt64(String(cString: $0)) }
    let rings = found.map(readRings)
    setup.device?.leases = found.map { LeasedQueue.read($0.queues, of: $0.identity) } ?? []
    setup.device?.isHeaderSplit = rings?.value.flatMap(isHeaderSplit)
    setup.device?.receiveRing = rings?.value?.receive == nil ? nil : rings.map(descriptors)
    setup.device?.receiveBufferLength = rings?.value?.receiveBufferLength
    setup.device?.numaNode = found.flatMap { DevicePlacement.read($0.identity.name, index: $0.identity.index).numaNode }
    try placement.check(queues: setup.queues.count)
    if let found, let refusal = restartRefusal(found) { return .failure(refusal) }
    let known = found.map { obstacles(on: $0, queue: $0.queues[0], areaBytes: nil) } ?? []
    // An XDP program answers as a dying holder does, and does not go away.
    if known.contains(where: { $0.subject == .expressDataPath }) { setup.longestUnbinding = 0 }
    var wait = MemoryWait()
    do throws(ZeroCopyTeamError) {
      return .success(
        try BufferLengthSearch(wish.bufferLength, isRequired: wish.isBufferLengthRequired).run {
          (length, refusals) throws(ZeroCopyTeamError) in
          setup.bufferLength = length
          setup.isBufferLengthRequired = true
          setup.refusedLengths = refusals
          setup.apply(sizing(wish, bufferLength: length, receiveRing: rings.map(descriptors) ?? 0))
          while true {
            do throws(ZeroCopyTeamError) {
              try checkMemory(for: setup)
              return try registration(setup)
            } catch {
              guard wait.wait(after: error, queues: setup.queues.count) else { throw error }
            }
          }
        })
    } catch {
      return .failure(explain(error, setup, found, support, hasWaited: wait.hasWaited))
    }
  }

  /// Why one of the queues cannot be registered, whatever is tried; nil where nothing is known against it. The kernel warns
  /// in its log when a driver refuses to restart a queue.
  private static func restartRefusal(_ found: InterfacePreflight) -> ZeroCopyRefusal? {
    for queue in found.queues {
      let findings = obstacles(on: found, queue: queue, areaBytes: nil)
      if let finding = findings.first(where: { $0.subject == .queueSpecial && $0.weight == .refusal }) {
        return ZeroCopyRefusal(finding.what + (finding.fix.map { " — \($0)" } ?? ""), isUnsupported: false)
      }
    }
    return nil
  }

  /// Whether interface and queues exist.
  ///
  /// - Throws: a usage error where one does not.
  public static func check(interface: String, queues: String?) throws(BenchmarkError) {
    _ = try preflight(interface, queues)
  }

  /// The sizes of a queue that is asked for so.
  ///
  /// - Parameter bufferLength: bytes; 0 is a page.
  static func sizing(_ wish: ZeroCopyWish, bufferLength: UInt32, receiveRing: Int) -> ZeroCopySizing {
    ZeroCopySizing(
      bufferBytes: bufferLength == 0 ? sysconf(Int32(_SC_PAGESIZE)) : Int(bufferLength),
      socketBuffer: socketBuffer(wish.receiveBuffer), receiveRing: receiveRing,
      largestArea: wish.areaKind == .dmabuf ? MemoryFacts.read().largestDMABuffer.map { Int(clamping: $0) } : nil,
      mixed: wish.mixedCompletions, area: wish.areaBytes, refill: wish.refillEntries,
      completions: wish.completionEntries)
  }

  static func preflight(_ name: String, _ queues: String?) throws(BenchmarkError) -> InterfacePreflight {
    do throws(InterfaceProblem) {
      return try InterfacePreflight.check(interface: name, queues: queues)
    } catch {
      if case .system = error { throw BenchmarkError("\(error)") }
      throw BenchmarkError("\(error) (-i, -q)", .usage)
    }
  }

  static func readRings(_ found: InterfacePreflight) -> Reading<RingParameters> {
    Reading { () throws(SystemCallError) in
      var socket = try EthtoolSocket()
      return try socket.rings(of: found.identity.name)
    }
  }

  /// Nil where the driver does not tell.
  private static func isHeaderSplit(_ rings: RingParameters) -> Bool? {
    switch rings.tcpDataSplit {
    case .enabled: return true
    case .disabled: return false
    case .automatic, nil: return nil
    }
  }

  /// Descriptors of an interface's receive ring; the kernel's usual default where it does not tell.
  static func descriptors(of rings: Reading<RingParameters>) -> Int {
    guard let rings = rings.value, let receive = rings.receive else { return 1024 }
    return receive + (rings.receiveJumbo ?? 0)
  }

  /// Bytes a socket holds at most: twice SO_RCVBUF (socket(7)), or what tcp_rmem lets it grow to (tcp(7)).
  private static func socketBuffer(_ receiveBuffer: Int32?) -> Int {
    if let receiveBuffer { return 2 * Int(receiveBuffer) }
    return TCPReceiveMemory.largest ?? 6 << 20
  }

  /// Huge pages are reserved, and their shortage is harmless.
  private static func checkMemory(for setup: ZeroCopySetup) throws(ZeroCopyTeamError) {
    let wanted = pinned(area: setup.areaBytes, queues: setup.queues.count)
    guard let available = shortage(wanted, setup.areaKind) else { return }
    throw .memoryShort(wanted: wanted, available: available)
  }

  /// Bytes of all areas.
  static func pinned(area: Int, queues: Int) -> UInt64 {
    let (wanted, isBeyond) = UInt64(clamping: area).multipliedReportingOverflow(by: UInt64(queues))
    return isBeyond ? .max : wanted
  }

  /// What the machine has left, where that is too little.
  static func shortage(_ wanted: UInt64, _ kind: ZeroCopyArea.Kind) -> UInt64? {
    guard kind != .hugePages, let available = MemoryFacts.read().available, wanted > available else { return nil }
    return available
  }

  /// What stands in the way; empty where it cannot be found out.
  static func obstacles(on found: InterfacePreflight, queue: Int, areaBytes: UInt64?) -> [ReceiveFinding] {
    let findings = Reading { () throws(SystemCallError) in
      try ReceivePreflight.check(interface: found.identity, queue: queue, areaBytes: areaBytes)
    }
    return findings.value ?? []
  }

  static func memoryShort(_ wanted: UInt64, _ available: UInt64) -> ZeroCopyRefusal {
    ZeroCopyRefusal(
      "\(wanted >> 20) MiB were to be pinned, and the machine has \(available >> 20) MiB left"
        + " — a smaller --area-size or fewer queues", isUnsupported: false)
  }

  private static func explain(
    _ error: ZeroCopyTeamError, _ setup: ZeroCopySetup, _ found: InterfacePreflight?, _ support: ZeroCopySupport,
    hasWaited: Bool
  ) -> ZeroCopyRefusal {
    switch error {
    case .system(let error): return ZeroCopyRefusal(error.description, isUnsupported: false)
    case .memoryShort(let wanted, let available): return memoryShort(wanted, available)
    case .refused(let refusal, let queue):
      var evidence = RefusalEvidence(
        refusal, place: "a queue without a device", support: support, memory: .read(),
        privileges: Reading(Privileges.ofThisThread).value)
      evidence.completions = setup.mixedCompletions ? .mixed : .wide
      evidence.waited = setup.longestUnbinding
      if hasWaited { evidence.waitedForMemory = MemoryWait.longest }
      if let found, let queue {
        evidence.place = "queue \(queue) of \(found.identity.name)"
        evidence.interface = found.identity.name
        evidence.findings = obstacles(on: found, queue: queue, areaBytes: UInt64(clamping: setup.areaBytes))
      }
      return ZeroCopyRefusal(evidence)
    }
  }
}
