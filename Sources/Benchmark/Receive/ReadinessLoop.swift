import CLinux
import Glibc
import Linux
import Synchronization
import SystemPackage

/// How a readiness loop takes the bytes of one readable socket.
protocol SocketReader: ~Copyable {
  init(_ setup: ReceiveSetup) throws(SystemCallError)
  /// Most bytes that one `take` brings.
  var longest: Int { get }
  /// recv's answer: a count, 0 at end of stream, −1 with errno.
  mutating func take(_ descriptor: Int32) -> Int
  /// Looks at the `count` bytes just taken, which begin at `offset` of their stream.
  mutating func inspect(_ count: Int, at offset: UInt64, _ counters: UnsafeMutablePointer<FlowCounters>)
  var verificationNanoseconds: Int64 { get }
  /// Adds what the loop does not see, since the last time it was asked.
  mutating func tell(_ tallies: inout ReceiveTallies)
}

extension SocketReader where Self: ~Copyable {
  mutating func tell(_ tallies: inout ReceiveTallies) {}
}

/// Waits with epoll until sockets are readable and takes what they hold, one call a socket and round, so that no flow
/// starves another. Shared by the paths that differ only in the call.
struct ReadinessLoop<Reader: SocketReader & ~Copyable>: ReceivePath, ~Copyable {
  private struct Slot {
    let descriptor: Int32
    let counters: UnsafeMutablePointer<FlowCounters>
  }

  private let epoll: Epoll
  private var reader: Reader
  private let changed: EventDescriptor
  private var slots: UnsafeMutablePointer<Slot>
  private var slotCount = 0
  private var slotCapacity = 16
  private let events: UnsafeMutablePointer<epoll_event>
  private let eventCapacity: Int32 = 64
  private(set) var tallies: ReceiveTallies
  private static var wakeTag: UInt64 { .max }

  init(_ setup: ReceiveSetup) throws(SystemCallError) {
    let epoll = try Epoll()
    try epoll.add(setup.wake.descriptor.number, .readable, tag: Self.wakeTag)
    let reader = try Reader(setup)
    changed = setup.changed
    tallies = ReceiveTallies()
    if let microseconds = setup.polling.busyPoll { tallies.polling = epoll.poll(microseconds) }
    self.epoll = epoll
    self.reader = reader
    slots = .allocate(capacity: slotCapacity)
    events = .allocate(capacity: Int(eventCapacity))
    events.initialize(repeating: epoll_event(), count: Int(eventCapacity))
  }

  deinit {
    slots.deallocate()
    events.deallocate()
  }

  mutating func adopt(_ flow: Flow) throws(SystemCallError) {
    if slotCount == slotCapacity { growSlots() }
    (slots + slotCount).initialize(to: Slot(descriptor: flow.socket.number, counters: flow.counters))
    try epoll.add(flow.socket.number, .readable, tag: UInt64(slotCount))
    slotCount += 1
  }

  mutating func receiveUntilWoken() throws(SystemCallError) {
    var woken = false
    while !woken {
      let ready = epoll_wait(epoll.descriptor.number, events, eventCapacity, -1)
      if ready < 0, errno != EINTR {
        throw SystemCallError(attempt: "wait for data", call: "epoll_wait", errno: Errno(rawValue: errno))
      }
      var index = 0
      while index < Int(ready) {
        let tag = events[index].data.u64
        index &+= 1
        if tag == Self.wakeTag {
          woken = true
          continue
        }
        let slot = slots[Int(truncatingIfNeeded: tag)]
        let count = reader.take(slot.descriptor)
        tallies.calls &+= 1
        if count > 0 {
          let offset = slot.counters.pointee.bytes.load(ordering: .relaxed)
          slot.counters.pointee.bytes.store(offset &+ UInt64(truncatingIfNeeded: count), ordering: .relaxed)
          reader.inspect(count, at: offset, slot.counters)
          tallies.sizes.record(UInt32(truncatingIfNeeded: count))
        } else if count == 0 {
          finish(slot, .ended, error: 0)
        } else if errno != EAGAIN, errno != EINTR {
          finish(slot, .failed, error: errno)
        }
      }
    }
    tallies.verificationNanoseconds = reader.verificationNanoseconds
    reader.tell(&tallies)
  }

  private func finish(_ slot: Slot, _ state: FlowCounters.State, error: Int32) {
    // The control thread closes the socket as soon as it sees the state, so the loop lets go of it first.
    _ = epoll_ctl(epoll.descriptor.number, EPOLL_CTL_DEL, slot.descriptor, nil)
    slot.counters.pointee.failure.store(error, ordering: .relaxed)
    slot.counters.pointee.state.store(state, ordering: .releasing)
    changed.signal()
  }

  private mutating func growSlots() {
    let larger = UnsafeMutablePointer<Slot>.allocate(capacity: slotCapacity * 2)
    larger.moveInitialize(from: slots, count: slotCount)
    slots.deallocate()
    slots = larger
    slotCapacity *= 2
  }
}

extension Epoll {
  /// Asks for busy polling.
  fileprivate func poll(_ microseconds: UInt32) -> PollingOutcome {
    var outcome = PollingOutcome()
    do throws(SystemCallError) {
      try setBusyPoll(microseconds: microseconds)
      outcome.method = .epoll
    } catch {
      outcome.note("waiting with epoll does not poll, receiving does: \(error) (Linux 6.9 can)")
    }
    return outcome
  }
}
