import Linux
import NetworkInterface

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
    return request
  }
}
