import Glibc
import Linux

/// `discard`: recv with MSG_TRUNC and no buffer; the kernel drops the bytes (tcp(7)).
struct DiscardReceive: SocketReader, ~Copyable {
  let longest: Int

  init(_ setup: ReceiveSetup) throws(SystemCallError) {
    longest = setup.length
  }

  mutating func take(_ descriptor: Int32) -> Int {
    recv(descriptor, nil, longest, Int32(MSG_DONTWAIT | MSG_TRUNC))
  }

  mutating func inspect(_ count: Int, at offset: UInt64, _ counters: UnsafeMutablePointer<FlowCounters>) {}

  var verificationNanoseconds: Int64 { 0 }
}
