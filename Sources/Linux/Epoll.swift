import CLinux
import Glibc

/// A set of descriptors to wait for (epoll(7)), level-triggered.
public struct Epoll: ~Copyable, Sendable {
  public struct Interest: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let readable = Interest(rawValue: 0x001)  // EPOLLIN
    public static let writable = Interest(rawValue: 0x004)  // EPOLLOUT
    /// Always reported by the kernel, asked for or not.
    public static let failed = Interest(rawValue: 0x008)  // EPOLLERR
    public static let hungUp = Interest(rawValue: 0x010)  // EPOLLHUP
  }

  public let descriptor: Descriptor

  public init() throws(SystemCallError) {
    descriptor = Descriptor(
      owning: try checked("epoll_create1", to: "create an epoll set") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
  }

  public func add(_ number: Int32, _ interest: Interest, tag: UInt64) throws(SystemCallError) {
    try control(EPOLL_CTL_ADD, number, interest, tag)
  }

  public func modify(_ number: Int32, _ interest: Interest, tag: UInt64) throws(SystemCallError) {
    try control(EPOLL_CTL_MOD, number, interest, tag)
  }

  public func remove(_ number: Int32) throws(SystemCallError) {
    try control(EPOLL_CTL_DEL, number, [], 0)
  }

  /// Has `wait` poll the NAPI instance that its sockets' packets come through before it sleeps, and interrupts be held back
  /// meanwhile (EPIOCSPARAMS, Linux 6.9).
  /// - Parameter microseconds: how long, up to 2^31-1.
  /// - Throws: ENOTTY or EINVAL on older kernels, EOPNOTSUPP on those without CONFIG_NET_RX_BUSY_POLL.
  public func setBusyPoll(microseconds: UInt32) throws(SystemCallError) {
    try checkedAnswer("ioctl", to: "have epoll poll the interface for \(microseconds) µs (EPIOCSPARAMS)") {
      zb_epoll_busy_poll(descriptor.number, microseconds)
    }
  }

  private func control(
    _ operation: Int32, _ number: Int32, _ interest: Interest, _ tag: UInt64
  ) throws(SystemCallError) {
    var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: tag))
    try checked("epoll_ctl", to: "watch descriptor \(number)") {
      epoll_ctl(descriptor.number, operation, number, &event)
    }
  }

  /// Waits for at most `milliseconds` (−1: without limit) and appends what is ready to `ready`, emptied first.
  public func wait(milliseconds: Int32, into ready: inout [(tag: UInt64, events: Interest)]) throws(SystemCallError) {
    ready.removeAll(keepingCapacity: true)
    try withUnsafeTemporaryEvents(capacity: 64) { (events) throws(SystemCallError) in
      let count = epoll_wait(descriptor.number, events.baseAddress, Int32(events.count), milliseconds)
      guard count >= 0 else {
        if errno == EINTR { return }
        throw SystemCallError(attempt: "wait for events", call: "epoll_wait", errno: .init(rawValue: errno))
      }
      for event in events[..<Int(count)] {
        ready.append((event.data.u64, Interest(rawValue: event.events)))
      }
    }
  }

  private func withUnsafeTemporaryEvents(
    capacity: Int, _ body: (UnsafeMutableBufferPointer<epoll_event>) throws(SystemCallError) -> Void
  ) throws(SystemCallError) {
    let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: capacity)
    defer { events.deallocate() }
    events.initialize(repeating: epoll_event())
    try body(events)
  }
}
