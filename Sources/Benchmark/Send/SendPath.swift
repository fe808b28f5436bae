import Glibc
import Linux

/// One way of sending on one connection, confined to its stream's thread. The socket is blocking with a time limit, so
/// that no call waits for longer than `SendPatience`.
protocol SendPath: ~Copyable {
  init(_ payload: Payload, to socket: Socket) throws(SystemCallError)
  /// Sends at most `count` bytes of the stream, which continue at `offset`: how many were taken, or -errno. After EAGAIN
  /// the next call must be about the same bytes: some of them may be under way.
  mutating func send(at offset: UInt64, count: Int) -> Int
  /// Takes back what is under way; how much of it was sent nevertheless.
  mutating func stop() -> Int
  /// Waits for the kernel to tell of what was sent, no longer than until `deadline`.
  mutating func settle(until deadline: MonotonicTime)
  /// What the kernel told of what was sent; nil where it tells nothing.
  var account: SendAccount? { mutating get }
}

extension SendPath where Self: ~Copyable {
  mutating func stop() -> Int { 0 }
  mutating func settle(until deadline: MonotonicTime) {}
  var account: SendAccount? { nil }
}

/// How long a call waits at most for a peer that does not read, so that a stop is noticed.
enum SendPatience {
  static let milliseconds: Int32 = 50
  static let nanoseconds = Int64(milliseconds) * 1_000_000
}

/// What streams are filled with.
struct Payload: Sendable {
  let pattern: Pattern
  /// Every byte stands where the pattern has it. Otherwise each call sends the pattern's beginning: memory that stays in the
  /// cache, as iperf3's one block does.
  let followsPattern: Bool
  /// Bytes of a call at most.
  let length: Int
  /// The pattern's block as a file, for the paths that send from one.
  let file: Descriptor?

  /// Where in the pattern's block the bytes at `offset` of a stream begin.
  func position(of offset: UInt64) -> UInt64 {
    followsPattern ? offset & UInt64(Pattern.period - 1) : 0
  }

  /// The bytes at `offset` of a stream, where they lie. The pattern never changes; whoever keeps the address must keep the
  /// payload.
  func bytes(at offset: UInt64, count: Int) -> UnsafeRawBufferPointer {
    pattern.withPiece(at: position(of: offset), count: count) { $0 }
  }

  /// All that calls send from.
  var wholeSource: UnsafeRawBufferPointer {
    followsPattern ? pattern.wholeBlock : bytes(at: 0, count: length)
  }
}
