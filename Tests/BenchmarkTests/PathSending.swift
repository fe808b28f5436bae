import Glibc
import Linux
import SystemPackage
import Testing

@testable import Benchmark

/// Ways of sending with all their types, for tests that go over every one of them.
enum SentPath: String, CaseIterable, CustomTestStringConvertible {
  case write
  case sendfile
  case splice
  case msgZeroCopy
  case uring
  case uringZeroCopy
  case probingMsgZeroCopy
  case probingUringZeroCopy

  var testDescription: String { rawValue }

  var method: SendMethod {
    switch self {
    case .write: .write
    case .sendfile: .sendfile
    case .splice: .splice
    case .msgZeroCopy, .probingMsgZeroCopy: .msgZeroCopy
    case .uring: .uring
    case .uringZeroCopy, .probingUringZeroCopy: .uringZeroCopy
    }
  }

  var isProbing: Bool { self == .probingMsgZeroCopy || self == .probingUringZeroCopy }

  /// Those the running kernel does not refuse.
  static let permitted = allCases.filter { $0.method.refusal(length: 1 << 20) == nil }

  /// A stream's plan with this path.
  func plan(
    length: Int, followsPattern: Bool = true, quota: SendQuota = SendQuota(bytes: nil), bitsPerSecond: UInt64 = 0
  ) throws -> SendPlan {
    // As in the program: splice(2) and sendfile(2) have no MSG_NOSIGNAL.
    signal(SIGPIPE, SIG_IGN)
    return SendPlan(
      method: method, isProbing: isProbing,
      payload: Payload(pattern: Pattern(), followsPattern: followsPattern, length: length, file: nil),
      bitsPerSecond: bitsPerSecond, burst: 1, quota: quota, changed: try EventDescriptor())
  }
}

/// A connection as the client makes it ready for a stream.
struct StreamPair {
  let near: Socket
  let far: Socket

  /// - Parameter buffers: bytes of SO_SNDBUF and SO_RCVBUF; nil leaves them to the kernel.
  init(buffers: Int32? = nil) throws {
    let pair = try LoopbackPair()
    near = pair.near
    far = pair.far
    if let buffers {
      try near.setSendBuffer(buffers)
      try far.setReceiveBuffer(buffers)
    }
    try near.setBlocking(true)
    try near.setSendTimeout(milliseconds: Int(SendPatience.milliseconds))
  }
}

/// Reads a stream and compares it with the pattern.
struct PatternReader {
  let socket: Socket
  private(set) var count: UInt64 = 0
  private let pattern = Pattern()

  init(_ socket: Socket) {
    self.socket = socket
  }

  /// Takes what is there; false at the end of the stream or when it failed.
  mutating func take(atMost limit: Int = 1 << 16) throws -> Bool {
    switch socket.receive(atMost: limit) {
    case .bytes(let bytes):
      let isRight = bytes == pattern.bytes(at: count, count: bytes.count)
      try #require(isRight, "a wrong byte behind offset \(count)")
      count += UInt64(bytes.count)
    case .nothing: usleep(200)
    case .endOfStream, .failed: return false
    }
    return true
  }
}
