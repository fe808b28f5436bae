import Glibc

/// A number of permissions that one thread gives and another waits for (sem_overview(7)).
public final class ThreadSemaphore: @unchecked Sendable {
  private let semaphore: UnsafeMutablePointer<sem_t>

  /// Begins with no permission.
  public init() {
    semaphore = .allocate(capacity: 1)
    semaphore.initialize(to: sem_t())
    sem_init(semaphore, 0, 0)
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  public func signal() {
    sem_post(semaphore)
  }

  /// Takes a permission, once there is one.
  public func wait() {
    // Only a signal's handler ends the wait early.
    while sem_wait(semaphore) != 0 {}
  }
}
