import Testing

@testable import Linux

@Suite("Monotonic time")
struct MonotonicTimeTests {
  private let start = MonotonicTime(nanoseconds: 5_000_000_000)

  @Test(
    "Milliseconds left are rounded up, so that a waiter never wakes early",
    arguments: [(0, 0), (1, 1), (999_999, 1), (1_000_000, 1), (1_000_001, 2), (1_999_999_999, 2000)] as [(Int64, Int32)]
  )
  func roundsUp(nanoseconds: Int64, milliseconds: Int32) {
    let later = MonotonicTime(nanoseconds: start.nanoseconds + nanoseconds)
    #expect(later.millisecondsLeft(from: start) == milliseconds)
  }

  @Test("A moment that has passed leaves nothing, and a far one as much as epoll_wait can take")
  func clamps() {
    #expect(start.millisecondsLeft(from: start.adding(seconds: 1)) == 0)
    #expect(start.adding(seconds: 86_400 * 365).millisecondsLeft(from: start) == Int32.max)
  }

  @Test("No number of seconds traps: what the clock cannot hold is its end")
  func endless() {
    for huge in [1e300, .infinity, 1e10] { #expect(start.adding(seconds: huge) > start.adding(seconds: 1e9)) }
    for huge in [-1e300, -.infinity] { #expect(start.adding(seconds: huge) < start) }
    #expect(start.adding(seconds: .nan) == start)
    #expect(MonotonicTime(nanoseconds: .max).adding(seconds: 1e300).nanoseconds == .max)
    #expect(start.adding(seconds: 1e300).millisecondsLeft(from: start) == .max)
  }

  @Test("Seconds between two moments are signed and survive a round trip")
  func seconds() {
    let later = start.adding(seconds: 1.25)
    #expect(later.nanoseconds == 6_250_000_000)
    #expect(later.seconds(since: start) == 1.25)
    #expect(start.seconds(since: later) == -1.25)
    #expect(start < later)
  }

  @Test("The clock does not go back")
  func monotonic() {
    var last = MonotonicTime.now()
    for _ in 0..<10_000 {
      let now = MonotonicTime.now()
      #expect(now >= last)
      last = now
    }
  }
}
