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
        return request(found.identity, found.queues, wish)
      }
      let queues: [Int]
      do throws(QueueListError) {
        queues = try QueueList.parse(text).queues
      } catch {
        throw .malformedQueueList(error)
      }
      return request(try InterfaceIdentity.read(interface), queues, wish)
    } catch {
      if case .system = error { throw BenchmarkError("\(error)") }
      throw BenchmarkError("\(error) (-i, -q)", .usage)
    }
  }

  private static func request(
    _ interface: InterfaceIdentity, _ queues: [Int], _ wish: ZeroCopyWish
  ) -> LeaseRequest {
    var request = LeaseRequest(interface: interface, queues: queues, receiveRing: wish.receiveRing)
    request.wish.deferral = wish.deferral
    return request
  }

  /// - Throws: a usage error where the command line asks for what there is not.
  static func refusal(of error: LeaseError, _ interface: String) throws(BenchmarkError) -> ZeroCopyRefusal {
    guard case .refused(let refusal) = error else {
      return ZeroCopyRefusal(
        "\(interface) could not be prepared: \(error)", details: error.remarks.map(\.description), isUnsupported: false)
    }
    if refusal.isUsage { throw BenchmarkError("\(error) (-i, -q)", .usage) }
    return ZeroCopyRefusal(
      "\(interface) cannot be prepared: \(refusal) (--no-nic-setup leaves it to you)",
      isUnsupported: refusal.isUnsupported)
  }
}
