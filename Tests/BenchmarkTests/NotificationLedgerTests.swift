import Testing

@testable import Benchmark

@Suite("Notification ledger")
struct NotificationLedgerTests {
  @Test("Notifications move bytes from unsettled to copied or not, in any order and over ranges")
  func settles() {
    var ledger = NotificationLedger()
    for bytes in [100, 200, 300, 400] { ledger.add(bytes) }
    #expect(ledger.account.unsettled == 1000)
    ledger.settle(2, 3, wasCopied: true)
    #expect(ledger.isSettled == false)
    ledger.settle(0, 1, wasCopied: false)
    let account = ledger.account
    #expect(ledger.isSettled == true)
    #expect([account.zeroCopied, account.copied, account.unsettled] == [300, 700, 0])
    #expect([account.notified, account.notifiedCopied] == [4, 2])
  }

  @Test("A notification about what is not under way, or told of before, counts nothing")
  func ignoresStrangers() {
    var ledger = NotificationLedger()
    ledger.add(5)
    ledger.settle(0, 0, wasCopied: false)
    ledger.settle(0, 0, wasCopied: true)
    ledger.settle(7, 9, wasCopied: true)
    ledger.settle(9, 7, wasCopied: true)
    let account = ledger.account
    #expect([account.zeroCopied, account.copied, account.notified] == [5, 0, 1])
  }

  @Test("A full ledger has room again when its oldest send is told of, and not before")
  func fills() {
    var ledger = NotificationLedger()
    for _ in 0..<NotificationLedger.capacity { ledger.add(1) }
    #expect(ledger.isFull == true)
    ledger.settle(1, 5, wasCopied: false)
    #expect(ledger.isFull == true)
    ledger.settle(0, 0, wasCopied: false)
    #expect(ledger.isFull == false)
    #expect(ledger.account.notified == 6)
  }

  @Test("Numbers go round many times without losing a byte")
  func wraps() {
    var ledger = NotificationLedger()
    for number in 0..<UInt32(5 * NotificationLedger.capacity) {
      ledger.add(3)
      ledger.settle(number, number, wasCopied: number.isMultiple(of: 2))
    }
    let account = ledger.account
    #expect(account.zeroCopied == account.copied)
    #expect(account.copied + account.zeroCopied == UInt64(15 * NotificationLedger.capacity))
    #expect(ledger.isSettled == true)
  }
}
