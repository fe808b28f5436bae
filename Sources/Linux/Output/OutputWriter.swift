import Glibc
import Synchronization
import SystemPackage

/// Writes output on a thread of its own: whoever has something to show never waits for a reader, a disk or a file system that
/// stands still. What was given first is written first, but for outputs that take nothing: those hold no other up.
public final class OutputWriter: Sendable {
  /// The process's.
  public static let shared = OutputWriter()

  private let queue: Mutex<OutputQueue>
  private let thread = Mutex(ThreadState.absent)
  /// There is something to write; something was written. Nil where there is no descriptor left for them.
  private let work = try? EventDescriptor()
  private let progress = try? EventDescriptor()

  private enum ThreadState {
    case absent
    case running
    /// None could be started: whoever has something to write writes it, and waits.
    case refused
  }

  init(limits: OutputQueue.Limits = OutputQueue.Limits()) {
    queue = Mutex(OutputQueue(limits: limits))
  }

  /// Has bytes written.
  ///
  /// - Parameter isOptional: they may be left out where more waits than a reader who is merely slow would leave.
  /// - Returns: false where they were left out.
  @discardableResult
  public func write(_ bytes: [UInt8], to output: Output, isOptional: Bool = false) -> Bool {
    guard output.failure == nil, !bytes.isEmpty else { return true }
    guard queue.withLock({ $0.add(.bytes(bytes), for: output, isOptional: isOptional) }) else {
      if isOptional { output.noteLeftOut() } else { output.noteLost() }
      return false
    }
    wake()
    return true
  }

  /// Has `operation` done, which writes by itself, after what was given before.
  public func perform(on output: Output, _ operation: @escaping @Sendable () -> Void) {
    _ = queue.withLock { $0.add(.operation(operation), for: output, isOptional: false) }
    wake()
  }

  /// Waits until all that was given for `outputs` is written. A reader who is slow is waited for; what is left when the wait
  /// ends is dropped.
  ///
  /// - Parameters:
  ///   - outputs: nil are all.
  ///   - signals: where they are given, one who takes nothing is waited for until the first that comes, or has come before,
  ///     and from then on for `patience`; from a second on only for as long as it goes on taking.
  ///   - patience: seconds without any progress; nil waits without limit.
  /// - Returns: false when something is left.
  public func finish(_ outputs: [Output]? = nil, signals: TerminationSignals? = nil, patience: Double?) -> Bool {
    if waits(for: outputs, signals, patience) { return true }
    queue.withLock { queue in
      for output in outputs ?? queue.outputs { queue.drop(output) }
    }
    return false
  }

  /// Seconds without progress after which a second signal is followed.
  private static let hurry = 0.25

  private func waits(for outputs: [Output]?, _ signals: TerminationSignals?, _ patience: Double?) -> Bool {
    var lastProgress = MonotonicTime.now()
    var patience = patience
    while true {
      progress?.clear()
      if queue.withLock({ queue in outputs.map { !$0.contains { queue.holds($0) } } ?? queue.isEmpty }) { return true }
      if let signals {
        let hadCome = signals.haveCome
        if signals.next() != nil {
          // It may have come before there was anything to write: a reader who reads is given what there is.
          if hadCome { patience = OutputWriter.hurry }
          lastProgress = .now()
        }
      }
      let isLimited = signals?.haveCome ?? true
      let deadline = isLimited ? patience.map { lastProgress.adding(seconds: $0) } : nil
      if let deadline, MonotonicTime.now() >= deadline { return false }
      var polled = [pollfd(fd: progress?.descriptor.number ?? -1, events: Int16(POLLIN), revents: 0)]
      if let signals { polled.append(pollfd(fd: signals.descriptor.number, events: Int16(POLLIN), revents: 0)) }
      poll(&polled, nfds_t(polled.count), deadline?.millisecondsLeft(from: .now()) ?? -1)
      if polled[0].revents != 0 { lastProgress = .now() }
    }
  }

  // MARK: The thread

  private func wake() {
    let state = thread.withLock { state in
      if case .absent = state { state = start() }
      return state
    }
    switch state {
    case .running: work?.signal()
    case .refused, .absent: while !queue.withLock({ $0.isEmpty }) { if !step() { wait() } }
    }
  }

  private func start() -> ThreadState {
    guard work != nil, progress != nil else { return .refused }
    do throws(SystemCallError) {
      let thread = try PinnedThread(name: "output", cpu: nil) { _ in
        while true { if !self.step() { self.wait() } }
      }
      thread.detach()
      return .running
    } catch {
      return .refused
    }
  }

  /// Writes a piece, or finds that it cannot be written now. False when there is nothing to do.
  private func step() -> Bool {
    guard let (output, item, written) = queue.withLock({ $0.next }) else { return false }
    switch item {
    case .operation(let operation):
      operation()
      queue.withLock { $0.advance(output, by: 0) }
    case .bytes(let bytes):
      guard OutputWriter.isReady(output) else {
        queue.withLock { $0.stall(output) }
        return true
      }
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.write(
          output.descriptor, buffer.baseAddress.map { $0 + written }, min(output.piece, buffer.count - written))
      }
      let refusal = errno
      if count >= 0 {
        queue.withLock { $0.advance(output, by: count) }
      } else if refusal == EAGAIN {
        // A descriptor that somebody else has set so, and who was faster.
        queue.withLock { $0.stall(output) }
        return true
      } else if refusal != EINTR {
        output.fail(Errno(rawValue: refusal))
        queue.withLock { $0.drop(output) }
      }
    }
    progress?.signal()
    return true
  }

  /// What poll cannot judge is left to the write.
  private static func isReady(_ output: Output) -> Bool {
    var polled = pollfd(fd: output.descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&polled, 1, 0) != 0
  }

  /// Sleeps until there is more to write, or a stalled output takes something.
  private func wait() {
    let stalled = queue.withLock { $0.stalled }
    var polled = [pollfd(fd: work?.descriptor.number ?? -1, events: Int16(POLLIN), revents: 0)]
    polled += stalled.map { pollfd(fd: $0.descriptor, events: Int16(POLLOUT), revents: 0) }
    poll(&polled, nfds_t(polled.count), -1)
    work?.clear()
    for (output, entry) in zip(stalled, polled.dropFirst()) where entry.revents != 0 {
      queue.withLock { $0.resume(output) }
    }
  }
}
