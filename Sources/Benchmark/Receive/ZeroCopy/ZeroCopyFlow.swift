import Linux
import Trace

/// One flow as a zero-copy worker's loop sees it: a few words, found by the number that completions carry.
package struct ZeroCopyFlow {
  enum State: UInt8 {
    /// The place is empty.
    case vacant
    /// RECV_ZC is armed.
    case armed
    /// RECV_ZC is armed and was cancelled by the watchdog.
    case cancelling
    /// Nothing is armed; the loop will see to it after the batch.
    case ended
    /// Nothing is armed, and neither RECV_ZC nor recv() had anything: tried again at the next look.
    case resting
    /// Received with poll and recv(), which are armed.
    case copying
  }

  /// What ended RECV_ZC, for the loop to attend to.
  enum Cause: UInt8 {
    case none
    case completionQueueFull
    case noBuffer
    case watchdog
    case otherRing
    case other
  }

  package let counters: UnsafeMutablePointer<FlowCounters>
  let descriptor: Int32
  /// What the kernel copied for it, where that is counted.
  let copied: CopyCount.Reading?
  var state = State.vacant
  var cause = Cause.none
  /// Received when RECV_ZC was last armed.
  var bytesWhenArmed: UInt64 = 0
  /// Received when RECV_ZC last said that the stream had ended, and there was more; nil before.
  var bytesAtEnd: UInt64?
  /// Received at the watchdog's last look.
  var bytesWhenLooked: UInt64 = 0
  /// Its test is over: it is cancelled and then let go of.
  var isLeaving = false
  /// It is to go on by copy once it is cancelled.
  var isGivingUp = false
  /// Cancelled and armed again that many times without a byte.
  var cures: UInt8 = 0
  /// Looks in a row at which data was queued and nothing had come.
  var looksInVain: UInt8 = 0
  /// Looks in a row at which it rested.
  var rests: UInt8 = 0
  /// Bytes to give up next when nothing can be read (doubled each time, 1 after progress).
  var skip: Int = 1

  package init(
    counters: UnsafeMutablePointer<FlowCounters>, descriptor: Int32, copied: CopyCount.Reading? = nil
  ) {
    self.counters = counters
    self.descriptor = descriptor
    self.copied = copied
  }

  var bytes: UInt64 { counters.pointee.bytes.load(ordering: .relaxed) }
}
