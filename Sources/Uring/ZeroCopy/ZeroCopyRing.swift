import Linux

/// A ring and the zero-copy queue registered on it, ended in the order that frees the queue soonest: the caller closes the
/// data sockets, whose unread packets keep buffers, then goes the ring, then the memory. Another order harms nothing,
/// since the kernel has pinned the memory, but keeps the queue bound until the last of them is gone.
public struct ZeroCopyRing: ~Copyable {
  public var ring: Ring
  public var queue: ZeroCopyQueue

  /// - Parameters:
  ///   - submissionEntries: submissions that can be prepared at once.
  ///   - completionEntries: at best one for each buffer of the area; a mixed ring takes two for each data completion.
  ///   - ringOptions: `RingOptions.zeroCopyReceive` or `zeroCopyReceiveMixed`, and what else is wanted.
  public init(
    _ options: ZeroCopyQueueOptions, submissionEntries: UInt32, completionEntries: UInt32,
    ringOptions: RingOptions = .zeroCopyReceive
  ) throws(ZeroCopyRegistrationError) {
    let ring: Ring
    do throws(SystemCallError) {
      ring = try Ring(entries: submissionEntries, completionEntries: completionEntries, options: ringOptions)
    } catch {
      throw ZeroCopyRegistrationError(step: .ring, error, options: options)
    }
    queue = try ZeroCopyQueue(options, on: ring)
    self.ring = ring
  }

  init(ring: consuming Ring, queue: consuming ZeroCopyQueue) {
    self.ring = ring
    self.queue = queue
  }

  /// Closes the ring, then unmaps the memory. The kernel unbinds the queue in the background: registering it anew may be
  /// refused with EEXIST for some time (5 s are known to be enough).
  public consuming func close() {
    _ = consume ring
    _ = consume queue
  }

  /// Shows the kernel what was given back (`ZeroCopyQueue.publish`).
  @inlinable
  public mutating func publish() throws(SystemCallError) {
    // What there is always is done without the ring: lending it costs more than all of it.
    queue.refill.publish()
    if queue.refill.waiting > 0 { try queue.makeRoom(on: ring) }
  }

  /// `ZeroCopyQueue.flush`.
  @discardableResult
  public mutating func flush() throws(SystemCallError) -> Bool {
    try queue.flush(on: ring)
  }

  /// `ZeroCopyQueue.armEvent`.
  public mutating func armEvent(_ event: ZeroCopyEvent) throws(SystemCallError) {
    try queue.armEvent(event, on: ring)
  }
}
