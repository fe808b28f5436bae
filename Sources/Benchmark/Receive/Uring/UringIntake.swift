import Synchronization
import Uring

/// The hot loop of `uring`: takes completions that brought bytes, counts them, and gives their buffers back. No allocation,
/// no reference count, no lock; everything else that may happen is left to its caller.
package struct UringIntake: ~Copyable {
  var verifier: Verifier?

  package init(verifying pattern: Pattern?) {
    verifier = pattern.map(Verifier.init)
  }

  /// Takes data completions of `batch` in the order they came, until something else comes or none is left.
  ///
  /// - Parameters:
  ///   - flows: by place, which is what their completions carry.
  ///   - count: how many places there are.
  /// - Returns: the completion that was something else; nil when the batch is empty.
  @inline(never)
  package mutating func take(
    _ batch: inout CompletionBatch, for flows: UnsafeMutablePointer<UringFlow>, count: Int,
    returningTo buffers: inout ProvidedBufferRing, _ tallies: inout ReceiveTallies
  ) -> Completion? {
    while let completion = batch.next(.narrow) {
      guard completion.userData < UInt64(truncatingIfNeeded: count), completion.result > 0, completion.isMoreToCome,
        let buffer = completion.buffer
      else { return completion }
      let counters = flows[Int(truncatingIfNeeded: completion.userData)].counters
      take(Int(truncatingIfNeeded: completion.result), in: buffer, counters, &buffers, &tallies)
    }
    return nil
  }

  /// Takes the bytes of one completion.
  @inline(__always)
  mutating func take(
    _ size: Int, in buffer: UInt16, _ counters: UnsafeMutablePointer<FlowCounters>,
    _ buffers: inout ProvidedBufferRing, _ tallies: inout ReceiveTallies
  ) {
    let position = counters.pointee.bytes.load(ordering: .relaxed)
    counters.pointee.bytes.store(position &+ UInt64(truncatingIfNeeded: size), ordering: .relaxed)
    if verifier != nil { verify(size, in: buffer, at: position, counters, buffers) }
    tallies.sizes.record(UInt64(truncatingIfNeeded: size))
    buffers.giveBack(from: buffer, bytes: size)
  }

  @inline(never)
  private mutating func verify(
    _ size: Int, in buffer: UInt16, at position: UInt64, _ counters: UnsafeMutablePointer<FlowCounters>,
    _ buffers: borrowing ProvidedBufferRing
  ) {
    var position = position
    buffers.forEachPiece(from: buffer, bytes: size) { piece in
      verifier?.check(piece, at: position, counters)
      position += UInt64(piece.count)
    }
  }
}
