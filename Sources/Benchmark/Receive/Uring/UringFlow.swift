/// A flow in a receiving ring. Its place is what its completions carry.
package struct UringFlow {
  package enum State: UInt8 {
    /// The kernel has a receive of it.
    case armed
    /// Its receive ended; it is armed anew when its turn comes.
    case waiting
    /// It has ended or failed, and nobody looks at it any more.
    case over
  }

  package let counters: UnsafeMutablePointer<FlowCounters>
  let descriptor: Int32
  var state = State.waiting
  /// The rung of the ladder its receive was submitted with.
  var rung: UInt8 = 0

  package init(counters: UnsafeMutablePointer<FlowCounters>, descriptor: Int32) {
    self.counters = counters
    self.descriptor = descriptor
  }
}
