import Glibc
import Linux
import Synchronization
import SystemPackage

/// `mmap`: whole pages of payload are mapped where the program reads them (TCP_ZEROCOPY_RECEIVE); what is no whole page,
/// recv copies into a buffer.
struct MappedReceive: SocketReader, ~Copyable {
  private let mapping: SocketMapping
  private let buffer: UnsafeMutableRawPointer
  private let length: Int
  /// Of the last call: bytes mapped, and bytes copied behind them.
  private var mapped = 0
  private var copied = 0
  private var verifier: Verifier?
  private var furtherCalls: UInt64 = 0
  private var refusal: Errno?
  private var isRefusalTold = false

  init(_ setup: ReceiveSetup) throws(SystemCallError) {
    mapping = try SocketMapping(size: setup.length)
    length = setup.length
    buffer = .allocate(byteCount: setup.length, alignment: 4096)
    verifier = setup.pattern.map(Verifier.init)
  }

  deinit {
    buffer.deallocate()
  }

  var longest: Int { mapping.size + length }

  mutating func take(_ descriptor: Int32) -> Int {
    (mapped, copied) = (0, 0)
    var toRead = length
    switch mapping.receive(descriptor) {
    case .pages(let count, let rest):
      mapped = count
      if rest > 0 { toRead = min(rest, length) } else if mapped > 0 { return mapped }
    case .over: break
    case .refused(let errno): refusal = refusal ?? errno
    }
    // With nothing mapped its answer is the stream's: bytes, the end, or what went wrong.
    furtherCalls &+= 1
    let count = recv(descriptor, buffer, toRead, Int32(MSG_DONTWAIT))
    if count > 0 { copied = count } else if mapped == 0 { return count }
    return mapped + copied
  }

  mutating func inspect(_ count: Int, at offset: UInt64, _ counters: UnsafeMutablePointer<FlowCounters>) {
    if mapped > 0 {
      let before = counters.pointee.proven.load(ordering: .relaxed)
      // Who sees this sees the bytes that it is a part of.
      counters.pointee.proven.store(before &+ UInt64(mapped), ordering: .releasing)
      verifier?.check(UnsafeRawBufferPointer(start: mapping.start, count: mapped), at: offset, counters)
    }
    if copied > 0 {
      verifier?.check(
        UnsafeRawBufferPointer(start: buffer, count: copied), at: offset &+ UInt64(mapped), counters)
    }
  }

  var verificationNanoseconds: Int64 { verifier?.nanoseconds ?? 0 }

  mutating func tell(_ tallies: inout ReceiveTallies) {
    tallies.calls &+= furtherCalls
    furtherCalls = 0
    if let refusal, !isRefusalTold {
      isRefusalTold = true
      tallies.notes.append("mmap: the kernel refused to map (TCP_ZEROCOPY_RECEIVE: \(refusal)); recv() copied instead")
    }
  }
}
