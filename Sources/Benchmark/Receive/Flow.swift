import Linux
import Report
import Synchronization
import SystemPackage
import Trace

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
  /// Bytes of the stream that a zero-copy queue had brought before, while it was being identified.
  let identifiedByRing: Int
  /// Where it came in when its receiver was chosen; nil where that was not looked at.
  let placement = Mutex<PlacementReport?>(nil)
  /// Counts what the kernel copied for it; nil where nothing counts that by stream.
  let copied: CopyCount?
  nonisolated(unsafe) let counters: UnsafeMutablePointer<FlowCounters>

  init(socket: Socket, id: Int, identified: Int, identifiedByRing: Int = 0, copied: CopyCount? = nil) {
    self.socket = socket
    self.id = id
    self.identified = identified
    self.identifiedByRing = identifiedByRing
    self.copied = copied
    local = socket.localAddress
    remote = socket.remoteAddress
    counters = FlowCounters.make()
    counters.pointee.bytes.store(UInt64(identified + identifiedByRing), ordering: .relaxed)
  }

  deinit {
    FlowCounters.destroy(counters)
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

  var proven: UInt64 { counters.pointee.proven.load(ordering: .acquiring) }
  /// Of what came through completions; 0 where nothing counts it by stream.
  var copiedBytes: UInt64 { counters.pointee.copied.load(ordering: .relaxed) }
  var drained: UInt64 { counters.pointee.drained.load(ordering: .relaxed) }
  var lost: UInt64 { counters.pointee.lost.load(ordering: .relaxed) }
  /// Offset from which zero-copy receive was given up for it; nil when it was not.
  var copyingFrom: UInt64? {
    let offset = counters.pointee.copyingFrom.load(ordering: .relaxed)
    return offset == FlowCounters.neverGivenUp ? nil : offset
  }

  var checkedBytes: UInt64 { counters.pointee.checkedBytes.load(ordering: .relaxed) }
}
