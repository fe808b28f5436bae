import Glibc
import Synchronization
import SystemPackage

/// Where bytes go that people or programs read: a descriptor, with what became of what was to be written there.
public final class Output: Sendable {
  public let descriptor: Int32
  /// As in a message: "standard output", "'report.json'".
  public let name: String
  private let owned: Descriptor?
  private let onFailure: (@Sendable (SystemCallError) -> Void)?
  private let status = Mutex(Status())
  /// Bytes of one write. What polls as writable takes this much without waiting where it is a pipe (pipe(7), PIPE_BUF);
  /// a file takes whatever it is given.
  let piece: Int

  private struct Status {
    var failure: SystemCallError?
    var leftOut = 0
    var lost = 0
  }

  /// - Parameters:
  ///   - onFailure: is told of the first write that failed, on the writer's thread.
  public init(
    descriptor: Int32, name: String, onFailure: (@Sendable (SystemCallError) -> Void)? = nil
  ) {
    self.descriptor = descriptor
    self.name = name
    self.onFailure = onFailure
    owned = nil
    piece = Output.piece(of: descriptor)
  }

  /// The same with a descriptor that is closed with it.
  public init(
    owning descriptor: Descriptor, name: String, onFailure: (@Sendable (SystemCallError) -> Void)? = nil
  ) {
    self.descriptor = descriptor.number
    self.name = name
    self.onFailure = onFailure
    owned = descriptor
    piece = Output.piece(of: descriptor.number)
  }

  private static func piece(of descriptor: Int32) -> Int {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? 1 << 20 : 4096
  }

  /// The first write that failed; nothing is written after it.
  public var failure: SystemCallError? { status.withLock { $0.failure } }

  /// Optional messages for which there was no room, and that nobody has told of yet.
  public var leftOut: Int { status.withLock { $0.leftOut } }

  /// `count` of them have been told of.
  public func tellLeftOut(_ count: Int) { status.withLock { $0.leftOut -= count } }

  /// Messages that were not optional and for which there was no room all the same.
  public var lost: Int { status.withLock { $0.lost } }

  func noteLeftOut() { status.withLock { $0.leftOut += 1 } }
  func noteLost() { status.withLock { $0.lost += 1 } }

  /// Notes a failure, and tells of the first.
  public func fail(_ errno: Errno, call: String = "write", advice: String? = nil) {
    let error = SystemCallError(attempt: "write the report to \(name)", call: call, errno: errno, advice: advice)
    let isFirst = status.withLock { status in
      guard status.failure == nil else { return false }
      status.failure = error
      return true
    }
    if isFirst { onFailure?(error) }
  }
}
