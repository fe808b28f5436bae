import Glibc
import SystemPackage
import Testing

@testable import Linux

@Suite("Descriptors")
struct DescriptorTests {
  /// A pipe whose read end tells whether the write end is still open: reading gives EAGAIN while it is, 0 when not.
  private static func pipe() throws -> (reads: Descriptor, writes: Descriptor) {
    let ends = try FileDescriptor.pipe()
    guard fcntl(ends.readEnd.rawValue, F_SETFL, O_NONBLOCK) == 0 else { throw Errno(rawValue: errno) }
    return (Descriptor(owning: ends.readEnd.rawValue), Descriptor(owning: ends.writeEnd.rawValue))
  }

  private static func isOpen(otherEndOf descriptor: Descriptor) -> Bool {
    var byte: UInt8 = 0
    return read(descriptor.number, &byte, 1) < 0 && errno == EAGAIN
  }

  @Test("A descriptor is closed when its last holder lets go, and not before")
  func closes() throws {
    var (reads, writes): (Descriptor, Descriptor?) = try Self.pipe()
    var second = writes
    #expect(second != nil)
    writes = nil
    #expect(Self.isOpen(otherEndOf: reads))
    second = nil
    #expect(!Self.isOpen(otherEndOf: reads))
    reads = try Self.pipe().reads
    #expect(!Self.isOpen(otherEndOf: reads))
  }

  @Test("An event descriptor is readable from the first signal until it is cleared, however often it was signalled")
  func events() throws {
    let event = try EventDescriptor()
    let epoll = try Epoll()
    try epoll.add(event.descriptor.number, .readable, tag: 7)
    var ready: [(tag: UInt64, events: Epoll.Interest)] = []
    func readyTags() throws -> [UInt64] {
      try epoll.wait(milliseconds: 0, into: &ready)
      return ready.map(\.tag)
    }
    #expect(try readyTags() == [])
    for _ in 0..<3 { event.signal() }
    #expect(try readyTags() == [7])
    #expect(try readyTags() == [7], "level-triggered: looking does not take it back")
    event.clear()
    #expect(try readyTags() == [])
    event.clear()
    event.signal()
    #expect(try readyTags() == [7])
  }

  @Test("A modified interest brings the new tag, and a removed descriptor none")
  func epollChanges() throws {
    let event = try EventDescriptor()
    let epoll = try Epoll()
    var ready: [(tag: UInt64, events: Epoll.Interest)] = [(99, .failed)]
    event.signal()
    try epoll.add(event.descriptor.number, .readable, tag: 1)
    #expect(throws: SystemCallError.self) { try epoll.add(event.descriptor.number, .readable, tag: 2) }
    try epoll.modify(event.descriptor.number, [.readable, .writable], tag: UInt64.max)
    try epoll.wait(milliseconds: 0, into: &ready)
    #expect(ready.map(\.tag) == [UInt64.max])
    #expect(ready.map(\.events) == [[.readable, .writable]])
    try epoll.remove(event.descriptor.number)
    try epoll.wait(milliseconds: 0, into: &ready)
    #expect(ready.isEmpty)
  }
}
