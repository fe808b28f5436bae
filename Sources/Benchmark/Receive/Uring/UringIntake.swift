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
    verifier == nil
      ? take(&batch, flows, count, &buffers, &tallies, verifying: false)
      : take(&batch, flows, count, &buffers, &tallies, verifying: true)
  }

  @inline(__always)
  private mutating func take(
    _ batch: inout CompletionBatch, _ flows: UnsafeMutablePointer<UringFlow>, _ count: Int,
    _ buffers: inout ProvidedBufferRing, _ tallies: inout ReceiveTallies, verifying: Bool
  ) -> Completion? {
    // A copy that nobody else points to stays in registers.
    var rest = batch
    defer { batch = rest }
    return tallies.sizes.recording { sizes in
      while let entry = rest.nextEntry(.narrow) {
        let (place, result) = (entry.userData, entry.result)
        guard place < UInt64(truncatingIfNeeded: count), result > 0, entry.isMoreToCome, let buffer = entry.buffer
        else { return UringIntake.other(entry) }
        let counters = flows[Int(truncatingIfNeeded: place)].counters
        take(result, in: buffer, counters, &buffers, &sizes, verifying: verifying)
      }
      return nil
    }
  }

  /// Apart, so that the loop need not have read all of it.
  @inline(never)
  private static func other(_ entry: CompletionEntry) -> Completion { entry.completion }

  /// Takes the bytes of one completion that is the caller's.
  mutating func takeBytes(
    of completion: Completion, in buffer: UInt16, _ counters: UnsafeMutablePointer<FlowCounters>,
    _ buffers: inout ProvidedBufferRing, _ tallies: inout ReceiveTallies
  ) {
    tallies.sizes.recording { sizes in
      take(completion.result, in: buffer, counters, &buffers, &sizes, verifying: verifier != nil)
    }
  }

  @inline(__always)
  private mutating func take(
    _ result: Int32, in buffer: UInt16, _ counters: UnsafeMutablePointer<FlowCounters>,
    _ buffers: inout ProvidedBufferRing, _ sizes: inout ReceiveSizes.Recorder, verifying: Bool
  ) {
    let size = Int(truncatingIfNeeded: result)
    let position = counters.pointee.bytes.load(ordering: .relaxed)
    counters.pointee.bytes.store(position &+ UInt64(truncatingIfNeeded: size), ordering: .relaxed)
    if verifying { verify(size, in: buffer, at: position, counters, buffers) }
    sizes.record(UInt32(bitPattern: result))
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
