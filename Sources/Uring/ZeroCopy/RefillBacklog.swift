import Glibc

/// Buffers the refill ring had no room for, as a count for each buffer: one buffer can be handed out many times over, in
/// pieces, and every piece is given back on its own. A queue of buffers that have a count never holds a buffer twice, so
/// that as many places as the area has buffers are enough for whatever comes.
@usableFromInline
struct RefillBacklog: ~Copyable {
  private let storage: Storage
  /// Buffers of the area.
  let capacity: Int
  private var first = 0
  private var queued = 0
  /// Returns waiting, over all buffers.
  @usableFromInline private(set) var count: UInt64 = 0

  init(buffers: Int) {
    capacity = buffers
    storage = Storage(buffers: buffers)
  }

  @inlinable
  var isEmpty: Bool { count == 0 }

  mutating func add(_ buffer: Int) {
    precondition(buffer >= 0 && buffer < capacity, "the kernel named a buffer beyond the area")
    if storage.counts[buffer] == 0 {
      var place = first + queued
      if place >= capacity { place -= capacity }
      storage.queue[place] = UInt32(truncatingIfNeeded: buffer)
      queued += 1
    }
    storage.counts[buffer] += 1
    count += 1
  }

  /// Takes one return of the buffer that has waited longest; nil when none waits.
  mutating func take() -> Int? {
    guard queued > 0 else { return nil }
    let buffer = Int(storage.queue[first])
    storage.counts[buffer] -= 1
    count -= 1
    if storage.counts[buffer] == 0 {
      first = first + 1 == capacity ? 0 : first + 1
      queued -= 1
    }
    return buffer
  }

  /// A class for the reason `MappedMemory` is one.
  private final class Storage {
    /// How often each buffer is still to be given back.
    let counts: UnsafeMutablePointer<UInt32>
    /// The buffers whose count is not 0, in the order in which the first of it came.
    let queue: UnsafeMutablePointer<UInt32>

    init(buffers: Int) {
      counts = Self.zeros(buffers)
      queue = Self.zeros(buffers)
    }

    /// Zeros that take no memory until they are written, which in most runs is never.
    private static func zeros(_ count: Int) -> UnsafeMutablePointer<UInt32> {
      guard let memory = calloc(count, MemoryLayout<UInt32>.stride) else { fatalError("no memory for \(count) counts") }
      return memory.bindMemory(to: UInt32.self, capacity: count)
    }

    deinit {
      free(counts)
      free(queue)
    }
  }
}
