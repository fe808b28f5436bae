import Report

/// One stream of a test, before and after its end. The socket lives only as long as the flow does; the figures remain.
struct ReceiveStream {
  let id: Int
  let identified: UInt64
  private var flow: Flow?
  private var settled: Settled

  private struct Settled {
    var socket: Int
    var bytes: UInt64
    var checkedBytes: UInt64
    var firstWrongOffset: UInt64?
    var tcp: TCPReport?
    var failure: String?
    var local: Endpoint
    var remote: Endpoint

    init(_ flow: Flow) {
      socket = Int(flow.socket.number)
      bytes = flow.bytes
      checkedBytes = flow.checkedBytes
      firstWrongOffset = flow.firstWrongOffset
      tcp = TCPReport(flow.socket)
      failure = flow.failure.map { "\($0)" }
      local = Endpoint(flow.local)
      remote = Endpoint(flow.remote)
    }
  }

  init(_ flow: Flow) {
    id = flow.id
    identified = UInt64(flow.identified)
    self.flow = flow
    settled = Settled(flow)
  }

  var isOpen: Bool { flow.map { !$0.isOver } ?? false }
  var bytes: UInt64 { flow?.bytes ?? settled.bytes }
  var checkedBytes: UInt64 { flow?.checkedBytes ?? settled.checkedBytes }
  var firstWrongOffset: UInt64? { flow?.firstWrongOffset ?? settled.firstWrongOffset }
  var socketNumber: Int { settled.socket }
  /// The live flow; nil once it has ended and was settled.
  var live: Flow? { flow }

  /// Keeps the figures of a flow that has ended and lets its socket go.
  mutating func settleIfOver() {
    guard let flow, flow.isOver else { return }
    settled = Settled(flow)
    self.flow = nil
  }

  /// - Parameters:
  ///   - duration: of the counted time, seconds.
  ///   - omitted: bytes before it.
  func report(duration: Double, omitted: UInt64) -> StreamReport {
    let current = flow.map(Settled.init) ?? settled
    var report = StreamReport(id: id, socket: current.socket, local: current.local, remote: current.remote)
    report.received = Transfer(bytes: current.bytes - omitted, start: 0, end: duration)
    report.omittedBytes = omitted
    report.tcp = current.tcp
    report.failure = current.failure
    return report
  }
}
