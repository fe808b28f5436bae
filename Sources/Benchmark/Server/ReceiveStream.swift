import Report
import SystemPackage

/// One stream of a test, before and after its end. The socket lives only as long as the flow does; the figures remain.
struct ReceiveStream {
  let id: Int
  /// Bytes of the stream that recv() took to identify it.
  let identified: UInt64
  /// Bytes of the stream that a zero-copy queue brought to identify it.
  let identifiedByRing: UInt64
  private var flow: Flow?
  private var settled: Settled
  /// Bytes that lay in its socket when its worker had been stopped.
  private(set) var unread: UInt64 = 0

  private struct Settled {
    var socket: Int
    var bytes: UInt64
    var checkedBytes: UInt64
    var firstWrongOffset: UInt64?
    var proven: UInt64
    var copied: UInt64
    var drained: UInt64
    var lost: UInt64
    var copyingFrom: UInt64?
    var placement: PlacementReport?
    var tcp: TCPReport?
    var arrival: StreamArrival
    var failure: String?
    var local: Endpoint
    var remote: Endpoint

    init(_ flow: Flow) {
      socket = Int(flow.socket.number)
      bytes = flow.bytes
      checkedBytes = flow.checkedBytes
      firstWrongOffset = flow.firstWrongOffset
      proven = flow.proven
      copied = flow.copiedBytes
      drained = flow.drained
      lost = flow.lost
      copyingFrom = flow.copyingFrom
      placement = flow.placement.withLock { $0 }
      tcp = TCPReport(flow.socket, .receiving)
      arrival = StreamArrival(stream: flow.id, flow.socket)
      failure = flow.failure.map {
        // "Bad address" would say nothing of whose memory it is.
        $0 == .badAddress
          ? "its bytes lie in memory that neither recv() nor a queue of ours can read (EFAULT)" : "\($0)"
      }
      local = Endpoint(flow.local)
      remote = Endpoint(flow.remote)
    }
  }

  init(_ flow: Flow) {
    id = flow.id
    identified = UInt64(flow.identified)
    identifiedByRing = UInt64(flow.identifiedByRing)
    self.flow = flow
    settled = Settled(flow)
  }

  /// Bytes that lie in its socket now; 0 once it has ended.
  var queued: UInt64 { isOpen ? UInt64(clamping: (try? flow?.socket.queuedBytes()) ?? 0) : 0 }
  var isOpen: Bool { flow.map { !$0.isOver } ?? false }
  var bytes: UInt64 { flow?.bytes ?? settled.bytes }
  var checkedBytes: UInt64 { flow?.checkedBytes ?? settled.checkedBytes }
  var firstWrongOffset: UInt64? { flow?.firstWrongOffset ?? settled.firstWrongOffset }
  /// Of the bytes, those proven not to be copied, and those taken with recv() although zero-copy receive was in use.
  var proven: UInt64 { flow?.proven ?? settled.proven }
  /// What the kernel copied of those that came through completions, where a probe counts it by stream.
  var copied: UInt64 { flow?.copiedBytes ?? settled.copied }
  var drained: UInt64 { flow?.drained ?? settled.drained }
  /// Offset from which zero-copy receive was given up; nil when it was not.
  var copyingFrom: UInt64? { flow?.copyingFrom ?? settled.copyingFrom }
  var socketNumber: Int { settled.socket }
  /// Where its last packet came in.
  var arrival: StreamArrival { flow.map { StreamArrival(stream: id, $0.socket) } ?? settled.arrival }
  /// The live flow; nil once it has ended and was settled.
  var live: Flow? { flow }

  /// Keeps the figures of a flow that has ended and lets its socket go.
  mutating func settleIfOver() {
    guard let flow, flow.isOver else { return }
    settled = Settled(flow)
    self.flow = nil
  }

  /// Notes what nobody reads any more; only once the workers have been stopped.
  mutating func noteUnread() { unread = queued }

  /// - Parameters:
  ///   - duration: of the counted time, seconds.
  ///   - omitted: bytes before it.
  func report(duration: Double, omitted: UInt64) -> StreamReport {
    let current = flow.map(Settled.init) ?? settled
    var report = StreamReport(id: id, socket: current.socket, local: current.local, remote: current.remote)
    report.received = Transfer(bytes: current.bytes - omitted, start: 0, end: duration)
    report.omittedBytes = omitted
    report.placement = current.placement
    report.lostBytes = current.lost
    report.unreadBytes = unread
    report.tcp = current.tcp
    report.failure = current.failure
    return report
  }
}
