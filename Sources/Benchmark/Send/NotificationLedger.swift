/// Sends the kernel has not told of yet, by number, and the sum of what it told. Numbers follow each other and wrap at 2^32,
/// as the kernel's own do.
struct NotificationLedger: ~Copyable {
  /// Sends that may be under way at once.
  static let capacity = 1024
  private static let settled: Int64 = -1
  /// Bytes of each send, by the lower bits of its number.
  private var sizes: [Int64]
  private var oldest: UInt32 = 0
  /// The number of the send to come.
  private(set) var next: UInt32 = 0
  private(set) var account = SendAccount()

  init() {
    sizes = Array(repeating: NotificationLedger.settled, count: NotificationLedger.capacity)
  }

  /// No number is free: the oldest send has to be told of first.
  var isFull: Bool { next &- oldest >= UInt32(NotificationLedger.capacity) }
  /// The kernel has told of every send.
  var isSettled: Bool { next == oldest }

  /// A send took `bytes`; its number was `next`.
  mutating func add(_ bytes: Int) {
    sizes[slot(next)] = Int64(bytes)
    next &+= 1
    account.unsettled &+= UInt64(bytes)
  }

  /// Bytes that a call sent which copies.
  mutating func add(copied bytes: Int) {
    account.copiedByCalls &+= UInt64(bytes)
  }

  /// The kernel could take no more for now.
  mutating func noteRefusal() {
    account.refusals &+= 1
  }

  /// The kernel told of the sends from `first` to `last`; those that are not under way are not counted.
  mutating func settle(_ first: UInt32, _ last: UInt32, wasCopied: Bool) {
    var number = first
    // A range is never longer than what is under way.
    for _ in 0..<NotificationLedger.capacity {
      settle(number, wasCopied)
      if number == last { break }
      number &+= 1
    }
    while oldest != next, sizes[slot(oldest)] == NotificationLedger.settled { oldest &+= 1 }
  }

  private mutating func settle(_ number: UInt32, _ wasCopied: Bool) {
    let bytes = sizes[slot(number)]
    guard number &- oldest < next &- oldest, bytes >= 0 else { return }
    sizes[slot(number)] = NotificationLedger.settled
    account.unsettled &-= UInt64(bytes)
    account.notified &+= 1
    if wasCopied {
      account.notifiedCopied &+= 1
      account.copied &+= UInt64(bytes)
    } else {
      account.zeroCopied &+= UInt64(bytes)
    }
  }

  private func slot(_ number: UInt32) -> Int {
    Int(truncatingIfNeeded: number) & (NotificationLedger.capacity - 1)
  }
}
