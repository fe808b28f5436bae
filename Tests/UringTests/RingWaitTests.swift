import Linux
import SystemPackage
import Testing

@testable import Uring

@Suite("What rings do while they wait")
struct RingWaitTests {
  @Test("A kernel's answers lead to what it can do, with the release that brought it")
  func conclusions() {
    let old = RingWaitSupport(hasMinimumWait: false, dynamic: .invalidArgument, fixed: .invalidArgument)
    #expect(!old.minimumWait.isPresent && old.minimumWait.reason.contains("6.12"))
    #expect(old.dynamicPolling.reason.contains("6.9") && old.fixedPolling.reason.contains("6.13"))
    let between = RingWaitSupport(hasMinimumWait: false, dynamic: nil, fixed: .invalidArgument)
    #expect(between.dynamicPolling.isPresent && !between.fixedPolling.isPresent)
    let filtered = RingWaitSupport(hasMinimumWait: true, dynamic: .notPermitted, fixed: nil)
    #expect(filtered.minimumWait.isPresent)
    guard case .unknown = filtered.dynamicPolling else {
      Issue.record("another refusal says nothing about the kernel")
      return
    }
  }

  @Test(
    "A ring of this kernel takes the instances it is to poll, and refuses one that cannot be",
    .enabled(if: RingWaitSupport.discover().fixedPolling.isPresent, "the kernel polls no instances that are named"))
  func instances() throws {
    let ring = try Ring(entries: 1, options: [.singleIssuer, .deferredWork])
    try ring.pollInterfaces(.fixed([8193]), microseconds: 10)
    // Ids of instances begin behind those of CPUs (include/net/busy_poll.h, MIN_NAPI_ID).
    let refused = refusal { () throws(SystemCallError) in try ring.pollInterfaces(.fixed([0]), microseconds: 10) }
    #expect(refused == .invalidArgument)
    try ring.pollInterfaces(.dynamic, microseconds: 10)
  }

  private func refusal(_ body: () throws(SystemCallError) -> Void) -> Errno? {
    do throws(SystemCallError) {
      try body()
      return nil
    } catch {
      return error.errno
    }
  }

  @Test(
    "A wait for several ends with one when the minimum time has gone by",
    .enabled(if: RingWaitSupport.discover().minimumWait.isPresent, "the kernel has no minimum wait"))
  func minimumWait() throws {
    var ring = try Ring(entries: 4, options: [.singleIssuer, .deferredWork])
    let event = try EventDescriptor()
    let other = try EventDescriptor()
    _ = ring.prepare(Poll(descriptor: event.descriptor.number, userData: 1))
    _ = ring.prepare(Poll(descriptor: other.descriptor.number, userData: 2))
    event.signal()
    // Without a minimum time this would wait for the second until the time is up.
    let end = try ring.enter(waitingFor: 2, timeoutNanoseconds: 60_000_000_000, minimumWaitMicroseconds: 1000)
    #expect(end == .completed)
    var came: [UInt64] = []
    ring.takeCompletions { came.append($0.userData) }
    #expect(came == [1])
  }
}
