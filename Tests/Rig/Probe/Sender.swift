import Benchmark
import Glibc
import Linux
import Synchronization
import SystemPackage

/// Sends the pattern over some connections, one thread each.
final class Sender: Sendable {
  private static let connectSeconds: Int64 = 10

  private let address: SocketAddress
  /// Bytes on each flow.
  private let count: UInt64
  private let chunk: Int
  private let pattern = Pattern()
  private let total = Atomic<UInt64>(0)
  private let failure = Mutex<SystemCallError?>(nil)

  init(address: SocketAddress, count: UInt64, chunk: Int) {
    self.address = address
    self.count = count
    self.chunk = chunk
  }

  /// Bytes over all flows.
  var sent: UInt64 { total.load(ordering: .relaxed) }

  /// Returns when every flow has ended.
  /// - Throws: what went wrong first.
  func send(flows: Int) throws(SystemCallError) {
    try runFlows(flows)
    if let failure = failure.withLock({ $0 }) { throw failure }
  }

  /// One thread more at every depth: threads that must be joined cannot be kept in an array.
  private func runFlows(_ count: Int) throws(SystemCallError) {
    guard count > 0 else { return }
    let thread = try PinnedThread(name: "send-\(count)", cpu: nil) { _ in self.runFlow() }
    do throws(SystemCallError) {
      try runFlows(count - 1)
    } catch {
      thread.detach()
      throw error
    }
    thread.join()
  }

  private func runFlow() {
    do throws(SystemCallError) {
      let socket = try connect()
      try write(to: socket)
      // The receiver closes when it has everything; closing before would send a reset over bytes it has not read.
      socket.shutDown(sending: true, receiving: false)
      var byte: UInt8 = 0
      while recv(socket.number, &byte, 1, 0) > 0 {}
    } catch {
      failure.withLock { $0 = $0 ?? error }
    }
  }

  /// The receiver may not listen yet.
  private func connect() throws(SystemCallError) -> Socket {
    let deadline = MonotonicTime.now().nanoseconds + Self.connectSeconds * 1_000_000_000
    while true {
      let socket = try Socket(address.family)
      try socket.setBlocking(true)
      do throws(SystemCallError) {
        try socket.startConnecting(to: address)
        return socket
      } catch  where error.errno == .connectionRefused && MonotonicTime.now().nanoseconds < deadline {
        usleep(20000)
      }
    }
  }

  private func write(to socket: Socket) throws(SystemCallError) {
    var offset: UInt64 = 0
    while offset < count {
      let length = Int(min(UInt64(chunk), count - offset))
      let written = try pattern.withPiece(at: offset, count: length) { piece throws(SystemCallError) in
        try checked("send", to: "send to the receiver") {
          Glibc.send(socket.number, piece.baseAddress, length, Int32(MSG_NOSIGNAL))
        }
      }
      offset += UInt64(written)
      total.wrappingAdd(UInt64(written), ordering: .relaxed)
    }
  }
}
