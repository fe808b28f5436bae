import Glibc
import Linux
import NetworkInterface
import SystemPackage
import Uring

/// From a wish to workers whose queues are registered, or to the reason why there are none.
public enum ZeroCopyStart {
  /// - Parameter cpus: for the workers, in their order; fewer leave the others unbound.
  /// - Throws: `BenchmarkError` for an interface or a queue that does not exist.
  public static func start(
    _ wish: ZeroCopyWish, cpus: [Int?]
  ) throws(BenchmarkError) -> Result<ZeroCopyTeam, ZeroCopyRefusal> {
    let support = ZeroCopySupport.discover()
    let found = try wish.interface.map { (name) throws(BenchmarkError) in try preflight(name, wish.queues) }
    if case .absent(let reason) = support.isBuiltIn {
      return .failure(ZeroCopyRefusal("no zero-copy receive: \(reason)", isUnsupported: true))
    }
    var setup = ZeroCopySetup(
      device: found.map { .init(name: $0.identity.name, index: $0.identity.index, queues: $0.queues) })
    setup.areaKind = wish.areaKind
    setup.mixedCompletions = wish.mixedCompletions
    setup.region = wish.refillMemory
    setup.workersWithoutDevice = max(1, wish.workers)
    var lastError: ZeroCopyTeamError?
    for length in bufferLengths(wish.bufferLength) {
      setup.bufferLength = length
      let sizing = ZeroCopySizing(
        bufferBytes: length == 0 ? sysconf(Int32(_SC_PAGESIZE)) : Int(length),
        socketBuffer: socketBuffer(wish.receiveBuffer), receiveRing: receiveRing(found),
        mixed: wish.mixedCompletions, area: wish.areaBytes, refill: wish.refillEntries,
        completions: wish.completionEntries)
      setup.areaBytes = sizing.areaBytes
      setup.refillEntries = sizing.refillEntries
      setup.completionEntries = sizing.completionEntries
      do throws(ZeroCopyTeamError) {
        return .success(try ZeroCopyTeam(setup, cpus: cpus))
      } catch {
        lastError = error
        // A shorter buffer helps only where the length was refused.
        guard length > 0, case .refused(let refusal, _) = error, refusal.step == .registration else { break }
      }
    }
    return .failure(explain(lastError, setup, found, support))
  }

  /// Whether interface and queues exist.
  ///
  /// - Throws: a usage error where one does not.
  public static func check(interface: String, queues: String?) throws(BenchmarkError) {
    _ = try preflight(interface, queues)
  }

  /// What is tried in turn; the last is the kernel's own choice.
  static func bufferLengths(_ wish: ZeroCopyWish.BufferLength) -> [UInt32] {
    switch wish {
    case .standard: [0]
    case .bytes(let bytes): [bytes]
    case .longest: sequence(first: ZeroCopyWish.longestBuffer) { $0 > 8192 ? $0 / 2 : nil } + [0]
    }
  }

  private static func preflight(_ name: String, _ queues: String?) throws(BenchmarkError) -> InterfacePreflight {
    do throws(InterfaceProblem) {
      return try InterfacePreflight.check(interface: name, queues: queues)
    } catch {
      if case .system = error { throw BenchmarkError("\(error)") }
      throw BenchmarkError("\(error) (-i, -q)", .usage)
    }
  }

  /// Descriptors of the interface's receive ring; the kernel's usual default where it does not tell.
  private static func receiveRing(_ found: InterfacePreflight?) -> Int {
    guard let found else { return 0 }
    let rings = Reading { () throws(SystemCallError) in
      var socket = try EthtoolSocket()
      return try socket.rings(of: found.identity.name)
    }
    guard let rings = rings.value, let receive = rings.receive else { return 1024 }
    return receive + (rings.receiveJumbo ?? 0)
  }

  /// Bytes a socket holds at most: twice SO_RCVBUF (socket(7)), or what tcp_rmem lets it grow to (tcp(7)).
  private static func socketBuffer(_ receiveBuffer: Int32?) -> Int {
    if let receiveBuffer { return 2 * Int(receiveBuffer) }
    return TCPReceiveMemory.largest ?? 6 << 20
  }

  private static func explain(
    _ error: ZeroCopyTeamError?, _ setup: ZeroCopySetup, _ found: InterfacePreflight?, _ support: ZeroCopySupport
  ) -> ZeroCopyRefusal {
    switch error {
    case .refused(let refusal, let queue):
      guard let found, let queue else {
        return ZeroCopyRefusal(of: refusal, place: "a queue without a device", findings: [], support: support)
      }
      let findings = Reading { () throws(SystemCallError) in
        try ReceivePreflight.check(
          interface: found.identity, queue: queue, areaBytes: UInt64(clamping: setup.areaBytes))
      }
      return ZeroCopyRefusal(
        of: refusal, place: "queue \(queue) of \(found.identity.name)", findings: findings.value ?? [],
        support: support)
    case .system(let error): return ZeroCopyRefusal(error.description, isUnsupported: false)
    case nil: return ZeroCopyRefusal("nothing was attempted", isUnsupported: false)
    }
  }
}
