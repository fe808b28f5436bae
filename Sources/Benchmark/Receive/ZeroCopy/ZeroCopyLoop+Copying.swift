import Glibc
import Linux
import SystemPackage
import Uring

/// Flows and bytes that recv() takes, because RECV_ZC cannot deliver them here.
extension ZeroCopyLoop {
  /// What recv() found at the head of a socket.
  enum Drained: Equatable {
    case took
    case nothing
    case endOfStream
    /// The bytes lie in memory that recv() cannot read.
    case unreadable
    case failed(Int32)
  }

  /// Takes what recv() can read of a flow, at most so many bytes, and counts it as copied.
  mutating func drain(_ place: Int, atMost limit: Int) -> Drained {
    var left = limit
    var result = Drained.nothing
    while left > 0 {
      let count = recv(places[place].descriptor, scratch.baseAddress, min(left, scratch.count), Int32(MSG_DONTWAIT))
      guard count > 0 else {
        if count == 0 { return .endOfStream }
        switch errno {
        case EAGAIN: return result
        case EINTR: continue
        case EFAULT: return result == .took ? .took : .unreadable
        default: return .failed(errno)
        }
      }
      let counters = places[place].counters
      let before = counters.pointee.bytes.load(ordering: .relaxed)
      counters.pointee.bytes.store(before &+ UInt64(count), ordering: .relaxed)
      counters.pointee.drained.wrappingAdd(UInt64(count), ordering: .relaxed)
      totals.drained &+= UInt64(count)
      intake.verifier?.check(UnsafeRawBufferPointer(rebasing: scratch[..<count]), at: before, counters)
      left -= count
      result = .took
    }
    return result
  }

  /// Receives a flow by copy from here on.
  mutating func poll(_ place: Int) throws(SystemCallError) {
    places[place].state = .copying
    try submit(
      Poll(descriptor: places[place].descriptor, userData: CompletionTag.readable(place).userData))
  }

  /// A flow that is received by copy can be read.
  mutating func takeByCopy(_ completion: Completion, at place: Int) throws(SystemCallError) {
    guard place < placeCount, places[place].state == .copying else { return }
    if places[place].isLeaving { return vacate(place) }
    // A bounded piece, so that the ring's other flows have their turn.
    switch drain(place, atMost: 1 << 20) {
    case .took, .nothing: try poll(place)
    case .endOfStream: finish(place, .ended)
    case .failed(let errno): finish(place, .failed, error: errno)
    case .unreadable:
      // It has reached a zero-copy queue meanwhile; whose, the control thread finds out.
      guard let flow = owners[place] else { return }
      vacate(place)
      post(.misplaced(flow))
    }
  }
}
