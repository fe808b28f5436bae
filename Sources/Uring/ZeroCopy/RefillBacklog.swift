/// Buffers the refill ring had no room for, as a count for each buffer: one buffer can be handed out many times over, in
/// pieces, and every piece is given back on its own. A queue of buffers that have a count never holds a buffer twice, so
/// that as many places as the area has buffers are enough for whatever comes.
struct RefillBacklog: ~Copyable {
  /// How often each buffer is still to be given back.
  private let counts: UnsafeMutablePointer<UInt32>
  /// The buffers whose count is not 0, in the order in which the first of it came.
  private let queue: UnsafeMutablePointer<UInt32>
  /// Buffers of the area.
  let capacity: Int
  private var first = 0
  private var queued = 0
  /// Returns waiting, over all buffers.
  private(set) var count: UInt64 = 0

  init(buffers: Int) {
    capacity = buffers
    counts = .allocate(capacity: buffers)
    counts.initialize(repeating: 0, count: buffers)
    queue = .allocate(capacity: buffers)
    queue.initialize(repeating: 0, count: buffers)
  }

  deinit {
    counts.deallocate()
    queue.deallocate()
  }

  var isEmpty: Bool { count == 0 }

  mutating func add(_ buffer: Int) {
    precondition(buffer >= 0 && buffer < capacity, "the kernel named a buffer beyond the area")
    if counts[buffer] == 0 {
      var place = first + queued
      if place >= capacity { place -= capacity }
      queue[place] = UInt32(truncatingIfNeeded: buffer)
      queued += 1
    }
    counts[buffer] += 1
    count += 1
  }

  /// Takes one return of the buffer that has waited longest; nil when none waits.
  mutating func take() -> Int? {
    guard queued > 0 else { return nil }
    let buffer = Int(queue[first])
    counts[buffer] -= 1
    count -= 1
    if counts[buffer] == 0 {
      first = first + 1 == capacity ? 0 : first + 1
      queued -= 1
    }
    return buffer
  }
}
