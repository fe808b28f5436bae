/// Running threads that will be joined together. A plain array cannot hold them: a thread may be joined only once, and the
/// compiler sees to that.
public struct ThreadList: ~Copyable {
  private var first: Node?

  private final class Node {
    private var thread: PinnedThread?
    let next: Node?

    init(_ thread: consuming PinnedThread, next: Node?) {
      self.thread = consume thread
      self.next = next
    }

    func join() {
      guard let thread = thread.take() else { return }
      thread.join()
    }
  }

  public init() {}

  public mutating func append(_ thread: consuming PinnedThread) {
    first = Node(thread, next: first)
  }

  /// Waits for the end of every thread; the list is empty afterwards.
  public mutating func joinAll() {
    while let node = first {
      node.join()
      first = node.next
    }
  }
}
