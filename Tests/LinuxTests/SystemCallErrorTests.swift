import Glibc
import SystemPackage
import Testing

@testable import Linux

@Suite("System call errors")
struct SystemCallErrorTests {
  @Test("An error says what was attempted, what the kernel said, and what can be done")
  func text() {
    let error = SystemCallError(
      attempt: "listen on port 5201", call: "bind", errno: .addressInUse, advice: "choose one")
    #expect(error.description == "cannot listen on port 5201: bind: Address already in use — choose one")
  }

  @Test("The kernel's own words stand between its errno and the advice, verbatim")
  func kernelText() {
    let error = SystemCallError(
      attempt: "set channels", call: "ETHTOOL_MSG_CHANNELS_SET", errno: .invalidArgument,
      kernelText: "requested channel count exceeds maximum", advice: "ask for less")
    #expect(
      error.description
        == "cannot set channels: ETHTOOL_MSG_CHANNELS_SET: Invalid argument — the kernel says: requested channel count "
        + "exceeds maximum — ask for less")
  }

  @Test("Without advice the kernel's word is the last")
  func textWithoutAdvice() {
    let error = SystemCallError(attempt: "send", call: "send", errno: .brokenPipe)
    #expect(error.description == "cannot send: send: Broken pipe")
  }

  @Test("A call that fails throws the errno it failed with")
  func checkedFailure() throws {
    let error = #expect(throws: SystemCallError.self) {
      try checked("close", to: "close nothing", advice: "do not") { close(-1) }
    }
    #expect(
      error == SystemCallError(attempt: "close nothing", call: "close", errno: .badFileDescriptor, advice: "do not"))
  }

  @Test("A call that was interrupted is made again, and its answer is returned")
  func retriesInterrupted() throws {
    var calls = 0
    let answer: Int = try checked("read", to: "read") {
      calls += 1
      guard calls == 3 else {
        errno = EINTR
        return -1
      }
      return 42
    }
    #expect(answer == 42)
    #expect(calls == 3)
  }

  @Test("An answer of minus errno is an error, any other is a value")
  func answers() throws {
    #expect(try checkedAnswer("f", to: "try") { 5 } == 5)
    let error = #expect(throws: SystemCallError.self) { try checkedAnswer("f", to: "try") { -ENOSPC } }
    #expect(error?.errno == .noSpace)
  }
}
