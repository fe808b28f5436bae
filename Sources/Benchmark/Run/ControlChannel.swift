import BoundedJSON
import IperfProtocol
import Linux
import SystemPackage

/// iperf3's control connection: bytes in and out without ever waiting, on the thread that owns it.
final class ControlChannel {
  let socket: Socket
  /// Received and not yet understood. A slice: taking its first byte moves an index, and no byte.
  var inbox: ArraySlice<UInt8> = []
  /// Set while a zero-copy queue reads it, because recv() cannot.
  var reading: UInt32?
  /// How often in a row it turned out to lie in another ring's memory.
  var readings = 0
  private var outbox: ArraySlice<UInt8> = []
  /// More unread bytes than any message may have are left in the socket, where TCP holds the peer back.
  let inboxLimit: Int

  init(_ socket: Socket, inboxLimit: Int) {
    self.socket = socket
    self.inboxLimit = inboxLimit
    // Without it every one-byte state would wait for the acknowledgement of the one before; a refusal costs only time.
    try? socket.disableNagle()
    // The connection is silent while a test runs, and a NAT or firewall that forgot it would cost the client the receiver's
    // account (iperf3 does the same on request, --cntl-ka). The questions keep it known; that nobody answers for five
    // minutes ends it.
    try? socket.keepAlive(idle: 15, interval: 15, count: 20)
  }

  enum Progress: Equatable {
    case open
    case closed
    case failed(Errno)
  }

  /// Bytes there is room for.
  var room: Int { max(0, inboxLimit - inbox.count) }

  /// Takes what has arrived.
  func receive() -> Progress {
    while inbox.count < inboxLimit {
      switch socket.receive(atMost: min(65_536, inboxLimit - inbox.count)) {
      case .bytes(let bytes): inbox += bytes
      case .nothing: return .open
      case .endOfStream: return .closed
      case .failed(let error): return .failed(error)
      }
    }
    return .open
  }

  /// True while written bytes wait for room in the socket.
  var hasUnsentBytes: Bool { !outbox.isEmpty }

  func send(_ state: ControlState) throws(SystemCallError) {
    try send([state.byte])
  }

  func send(_ bytes: [UInt8]) throws(SystemCallError) {
    outbox += bytes
    try flush()
  }

  func flush() throws(SystemCallError) {
    while !outbox.isEmpty {
      let count = try socket.send(outbox)
      if count == 0 { return }
      outbox = outbox.dropFirst(count)
    }
    outbox = []
  }

  /// The next state byte; nil when none has arrived.
  func takeState() throws(ProtocolError) -> ControlState? {
    guard let byte = inbox.first else { return nil }
    guard let state = ControlState(byte: byte) else {
      throw ProtocolError(.unidentified, problem: "begins with \(byte), which is no state of iperf3's")
    }
    inbox.removeFirst()
    return state
  }

  /// The next JSON message; nil until it has arrived whole.
  func takeMessage(limit: Int, limits: JSONLimits) throws(BenchmarkError) -> JSONValue? {
    do {
      guard let payload = try MessageFrame.takePayload(from: &inbox, limit: limit) else { return nil }
      return try JSONParser.parse(payload, limits: limits)
    } catch {
      throw BenchmarkError("\(error)")
    }
  }
}
