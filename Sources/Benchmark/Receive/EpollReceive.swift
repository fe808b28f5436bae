import Glibc
import Linux

/// `epoll`: recv into one buffer per worker, which the next call overwrites.
struct EpollReceive: SocketReader, ~Copyable {
  private let buffer: UnsafeMutableRawPointer
  let longest: Int
  private var verifier: Verifier?

  init(_ setup: ReceiveSetup) throws(SystemCallError) {
    longest = setup.length
    buffer = .allocate(byteCount: setup.length, alignment: 4096)
    verifier = setup.pattern.map(Verifier.init)
  }

  deinit {
    buffer.deallocate()
  }

  mutating func take(_ descriptor: Int32) -> Int {
    recv(descriptor, buffer, longest, Int32(MSG_DONTWAIT))
  }

  mutating func inspect(_ count: Int, at offset: UInt64, _ counters: UnsafeMutablePointer<FlowCounters>) {
    verifier?.check(UnsafeRawBufferPointer(start: buffer, count: count), at: offset, counters)
  }

  var verificationNanoseconds: Int64 { verifier?.nanoseconds ?? 0 }
}
