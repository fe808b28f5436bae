import Linux
import SystemPackage

/// One connection being received: its socket and its counters. The control thread owns it; a worker borrows it until it
/// has been joined or has reported the flow's end.
final class Flow: Sendable {
  let socket: Socket
  /// iperf3's stream number.
  let id: Int
  let local: SocketAddress?
  let remote: SocketAddress?
  /// Bytes of the stream that were read, and so copied, while it was being identified.
  let identified: Int
  nonisolated(unsafe) let counters: UnsafeMutablePointer<FlowCounters>

  init(socket: Socket, id: Int, identified: Int) {
    self.socket = socket
    self.id = id
    self.identified = identified
    local = socket.localAddress
    remote = socket.remoteAddress
    counters = UnsafeMutableRawPointer.allocate(
      byteCount: max(MemoryLayout<FlowCounters>.stride, FlowCounters.alignment), alignment: FlowCounters.alignment
    ).bindMemory(to: FlowCounters.self, capacity: 1)
    counters.initialize(to: FlowCounters())
    counters.pointee.bytes.store(UInt64(identified), ordering: .relaxed)
  }

  deinit {
    counters.deinitialize(count: 1)
    UnsafeMutableRawPointer(counters).deallocate()
  }

  var bytes: UInt64 { counters.pointee.bytes.load(ordering: .relaxed) }
  var state: FlowCounters.State { counters.pointee.state.load(ordering: .acquiring) }
  var isOver: Bool { state != .open }

  /// Why the flow ended badly; nil when it did not.
  var failure: Errno? {
    state == .failed ? Errno(rawValue: counters.pointee.failure.load(ordering: .relaxed)) : nil
  }

  var firstWrongOffset: UInt64? {
    let offset = counters.pointee.firstWrongOffset.load(ordering: .relaxed)
    return offset == FlowCounters.noWrongByte ? nil : offset
  }

  var checkedBytes: UInt64 { counters.pointee.checkedBytes.load(ordering: .relaxed) }
}
