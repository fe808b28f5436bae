import Linux
import NetworkInterface
import Uring

/// Preparing the interface before its queues are registered.
extension ZeroCopyStart {
  /// - Throws: a usage error for an interface or a queue that does not exist.
  static func request(_ interface: String, _ wish: ZeroCopyWish) throws(BenchmarkError) -> LeaseRequest {
    do throws(InterfaceProblem) {
      // Queues that the interface does not have yet are asked for; without a wish it is the last it has.
      guard let text = wish.queues else {
        let found = try InterfacePreflight.check(interface: interface, queues: nil)
        return wish.request(for: found.identity, queues: found.queues)
      }
      let queues: [Int]
      do throws(QueueListError) {
        queues = try QueueList.parse(text).queues
      } catch {
        throw .malformedQueueList(error)
      }
      return wish.request(for: try InterfaceIdentity.read(interface), queues: queues)
    } catch {
      if case .system = error { throw BenchmarkError("\(error)") }
      throw BenchmarkError("\(error) (-i, -q)", .usage)
    }
  }

  /// Why the areas could not be pinned, as far as that can be told before the interface is changed; nil where nothing
  /// speaks against it. They are looked at as with buffers of a page: where longer ones need too much, a page is taken.
  static func memoryRefusal(
    _ request: LeaseRequest, _ wish: ZeroCopyWish
  ) throws(BenchmarkError) -> ZeroCopyRefusal? {
    let found = try preflight(request.interface.name, nil)
    let ring = wish.receiveRing ?? descriptors(of: readRings(found))
    let sizing = sizing(wish, bufferLength: 0, receiveRing: ring)
    let wanted = pinned(area: sizing.areaBytes, queues: request.wish.queues.count)
    var wait = MemoryWait()
    while let available = shortage(wanted, wish.areaKind) {
      let error = ZeroCopyTeamError.memoryShort(wanted: wanted, available: available)
      guard wait.wait(after: error, queues: request.wish.queues.count) else { return memoryShort(wanted, available) }
    }
    // Memory of a dma-buf is not counted against the limit.
    guard wish.areaKind != .dmabuf else { return nil }
    let findings = obstacles(on: found, queue: found.queues[0], areaBytes: wanted)
    return findings.first { $0.subject == .lockedMemory && $0.weight == .refusal }.map {
      ZeroCopyRefusal($0.what + ($0.fix.map { " — \($0)" } ?? ""), isUnsupported: false)
    }
  }

  /// - Throws: a usage error where the command line asks for what there is not.
  static func refusal(of error: LeaseError, _ interface: String) throws(BenchmarkError) -> ZeroCopyRefusal {
    guard case .refused(let refusal) = error else {
      return ZeroCopyRefusal(
        "\(interface) could not be prepared: \(error)", details: error.remarks.map(\.description), isUnsupported: false)
    }
    if refusal.isUsage { throw BenchmarkError("\(error) (-i, -q)", .usage) }
    let isSteering = [.ruleUsesQueue, .contextUsesQueue].contains(refusal.reason)
    let choice = isSteering ? "--steer none leaves steering to you" : "--no-nic-setup leaves it to you"
    return ZeroCopyRefusal(
      "\(interface) cannot be prepared: \(refusal) (\(choice))", isUnsupported: refusal.isUnsupported)
  }
}

extension ZeroCopyWish {
  fileprivate func request(for interface: InterfaceIdentity, queues: [Int]) -> LeaseRequest {
    var request = LeaseRequest(interface: interface, queues: queues, receiveRing: receiveRing)
    request.wish.steeringIsUsers = steering == .none
    request.wish.deferral = deferral
    return request
  }
}
