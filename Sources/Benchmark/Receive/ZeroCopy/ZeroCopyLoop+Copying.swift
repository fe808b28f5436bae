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

  /// RECV_ZC says that a stream has ended. Whether bytes are left all the same recv() knows, and takes them.
  ///
  /// - Returns: false where RECV_ZC is to be asked once more.
  mutating func finishAtEnd(_ place: Int) -> Bool {
    switch drain(place, atMost: 1 << 20) {
    case .took: return false
    case .endOfStream, .nothing: finish(place, .ended)
    case .failed(let errno): finish(place, .failed, error: errno)
    case .unreadable:
      // What is left lies in the area, where RECV_ZC reads it, if it gets on.
      let bytes = places[place].bytes
      if places[place].bytesAtEnd != bytes {
        places[place].bytesAtEnd = bytes
        return false
      }
      let queued = UInt64(clamping: queuedBytes(places[place].descriptor))
      places[place].counters.pointee.lost.wrappingAdd(queued, ordering: .relaxed)
      finish(place, .ended)
    }
    return true
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
