import IperfProtocol
import Linux
import Testing

@testable import Benchmark

@Suite("Cookies of dead tests")
struct DeadCookiesTests {
  private func cookies(_ count: Int) -> [Cookie] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in Cookie(using: &generator) }
  }

  @Test("A cookie is known for a minute, and another is not")
  func lifetime() {
    let (known, unknown) = (cookies(1)[0], cookies(1)[0])
    let now = MonotonicTime.now()
    var dead = DeadCookies()
    dead.add(known, at: now)
    #expect(dead.contains(known, at: now.adding(seconds: 59)))
    #expect(!dead.contains(known, at: now.adding(seconds: 60)))
    #expect(!dead.contains(unknown, at: now))
  }

  @Test("However many tests die, the last 64 are kept")
  func capacity() {
    let many = cookies(1000)
    let now = MonotonicTime.now()
    var dead = DeadCookies()
    for cookie in many { dead.add(cookie, at: now) }
    #expect(many.filter { dead.contains($0, at: now) } == Array(many.suffix(64)))
  }
}
