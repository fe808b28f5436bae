import Synchronization
import Uring

/// The hot loop of zero-copy receive: takes data completions, counts them, and gives every buffer back. No allocation, no
/// reference count, no lock; everything else that may happen is left to its caller.
package struct ZeroCopyIntake: ~Copyable {
  /// Completions that brought bytes, and those bytes.
  package private(set) var completions: UInt64 = 0
  package private(set) var bytes: UInt64 = 0
  /// Of them, bytes whose completions prove that they were not copied.
  package private(set) var proven: UInt64 = 0
  package let sizes = CompletionSizes()
  var verifier: Verifier?
  private let areaStart: UnsafeRawPointer
  private let insideBuffer: UInt64
  private let page: UInt64
  private static var insideArea: UInt64 { 1 << 48 - 1 }

  /// - Parameters:
  ///   - bufferLength: bytes, a power of two.
  ///   - page: bytes of a page, the most that one copied piece has.
  package init(areaStart: UnsafeRawPointer, bufferLength: UInt32, page: Int) {
    self.areaStart = areaStart
    insideBuffer = UInt64(bufferLength) - 1
    self.page = UInt64(page)
  }

  mutating func reset(verifying pattern: Pattern?) {
    (completions, bytes, proven) = (0, 0, 0)
    sizes.reset()
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
    _ batch: inout CompletionBatch, for flows: UnsafeMutablePointer<ZeroCopyFlow>, count: Int,
    returningTo refill: inout RefillRing
  ) -> Completion? {
    // One loop for each case, so that nothing is decided inside.
    switch batch.format {
    case _ where verifier != nil: take(&batch, batch.format, flows, count, &refill, verifying: true)
    case .wide: take(&batch, .wide, flows, count, &refill, verifying: false)
    case .mixed: take(&batch, .mixed, flows, count, &refill, verifying: false)
    case .narrow: preconditionFailure("zero-copy receive has wide completions")
    }
  }

  @inline(__always)
  private mutating func take(
    _ batch: inout CompletionBatch, _ format: CompletionBatch.Format, _ flows: UnsafeMutablePointer<ZeroCopyFlow>,
    _ count: Int, _ refill: inout RefillRing, verifying: Bool
  ) -> Completion? {
    // Copies that nobody else points to stay in registers.
    var rest = batch
    var (bytes, proven) = (bytes, proven)
    let returnedBefore = refill.returned
    defer {
      batch = rest
      (self.bytes, self.proven) = (bytes, proven)
      completions &+= refill.returned &- returnedBefore
    }
    while let entry = rest.nextEntry(format) {
      let (place, result) = (entry.userData, entry.result)
      guard place < UInt64(truncatingIfNeeded: count), result > 0, entry.isMoreToCome, entry.isWide else {
        return ZeroCopyIntake.other(entry)
      }
      let offset = entry.offset
      let size = UInt64(UInt32(bitPattern: result))
      let counters = flows[Int(truncatingIfNeeded: place)].counters
      let position = counters.pointee.bytes.load(ordering: .relaxed)
      counters.pointee.bytes.store(position &+ size, ordering: .relaxed)
      if offset & insideBuffer != 0 || size > page {
        let proof = counters.pointee.proven.load(ordering: .relaxed)
        counters.pointee.proven.store(proof &+ size, ordering: .relaxed)
        proven &+= size
      }
      bytes &+= size
      sizes.record(size)
      if verifying { verify(offset, Int(size), at: position, counters) }
      refill.giveBack(offset)
    }
    return nil
  }

  /// Apart, so that the loop need not have read all of it.
  @inline(never)
  private static func other(_ entry: CompletionEntry) -> Completion { entry.completion }

  /// Bytes of a completion, where they lie.
  func payload(at offset: UInt64, count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: areaStart + Int(offset & Self.insideArea), count: count)
  }

  @inline(never)
  private mutating func verify(
    _ offset: UInt64, _ count: Int, at position: UInt64, _ counters: UnsafeMutablePointer<FlowCounters>
  ) {
    let payload = payload(at: offset, count: count)
    verifier?.check(payload, at: position, counters)
  }
}
