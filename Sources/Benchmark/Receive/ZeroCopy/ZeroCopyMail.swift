import Linux
import Metering
import Report
import SystemPackage
import Trace

/// What the control thread asks of a zero-copy worker.
enum ZeroCopyOrder: Sendable {
  /// Count what the kernel copies; before anything is received.
  case trace(CopyProbe)
  /// A test begins: count anew, compare with this pattern if there is one.
  case begin(Pattern?)
  /// Receive this flow; by recv() as long as it is on no zero-copy queue.
  case receive(Flow, copying: Bool)
  /// Read at most so many bytes of a connection for the control thread.
  case read(token: UInt32, socket: Socket, limit: UInt32)
  case stopReading(token: UInt32)
  /// The test is over: let go of its flows, then tell what was counted.
  case end
  case close
}

/// What a zero-copy worker tells the control thread.
enum ZeroCopyNews: Sendable {
  /// `copied` of them were, by recv() or as the probe counts; nil where that is not known.
  case bytes(token: UInt32, [UInt8], copied: Int?)
  case readingEnded(token: UInt32, ReadingEnd)
  /// The flow's bytes lie in the memory of another ring; nothing of it is armed here any more.
  case misplaced(Flow)
  /// The worker cannot go on and has let go of its ring; the flow is received by nobody.
  case stranded(Flow)
}

/// Why reading a connection for the control thread ended.
enum ReadingEnd: Sendable, Equatable {
  /// Its end of file, or the limit: whoever asked knows which by counting.
  case done
  case stopped
  /// The bytes lie in the memory of another ring.
  case otherRing
  /// Neither recv() nor this ring can read them.
  case unreadable(ZeroCopyShortage)
  case failed(Errno)
}

/// What a zero-copy worker counted during one test.
struct ZeroCopyResult: Sendable {
  var usage: ThreadUsage
  var queue: ZeroCopyQueueReport
  /// Bytes read for the control thread.
  var bytesBeside: UInt64
  /// Times the worker entered the kernel.
  var calls: UInt64
  var shortCompletions: UInt64
  var verificationNanoseconds: Int64
  /// Why the probe did not count every copy; nil where it did, and where there is none.
  var traceProblem: String?
  /// Copies, where the probe counts no bytes; nil where it does.
  var hits: UInt64?
  /// Descriptions of things that went wrong and cost no byte.
  var remarks: [String]
}
