import Linux
import Report
import SystemPackage
import Testing

@testable import Benchmark
@testable import Uring

@Suite("Busy polling and minimum waits")
struct PollingTests {
  static let refusal = SystemCallError(attempt: "do it", call: "setsockopt", errno: .notPermitted)
  private static let wish = PollingWish(busyPoll: 50, minimumWait: 20)
  private static let all = RingWaitSupport(hasMinimumWait: true, dynamic: nil, fixed: nil)
  private static let nothing = RingWaitSupport(
    hasMinimumWait: false, dynamic: .invalidArgument, fixed: .invalidArgument)

  private func grant(
    _ mode: ReceiveMode, named: Bool, _ support: RingWaitSupport = all, refusal: SystemCallError? = nil,
    _ wish: PollingWish = wish
  ) throws -> PollingGrant {
    try PollingGrant(wish, in: mode, isNamed: named, support: support, socketRefusal: { _ in refusal })
  }

  @Test("A kernel that can does as asked", arguments: [ReceiveMode.zc, .zcCopy, .uring])
  func granted(mode: ReceiveMode) throws {
    let granted = try grant(mode, named: true)
    #expect(granted.wish == PollingTests.wish && granted.refusals == [])
  }

  @Test(
    "A kernel that cannot ends a mode that was named, and is a note with auto",
    arguments: [ReceiveMode.zc, .zcCopy, .uring])
  func oldKernel(mode: ReceiveMode) throws {
    let error = #expect(throws: BenchmarkError.self) { try grant(mode, named: true, PollingTests.nothing) }
    #expect(error?.exitStatus == .notSupported && error?.description.contains("Linux 6.12") == true)
    let granted = try grant(mode, named: false, PollingTests.nothing)
    #expect(granted.wish.isEmpty && granted.refusals.count == 2)
    #expect(granted.refusals[1].contains("--busy-poll") && granted.refusals[1].contains("Linux 6.9"))
  }

  @Test("Sockets have no minimum wait", arguments: [ReceiveMode.epoll, .mmap, .discard])
  func sockets(mode: ReceiveMode) throws {
    let error = #expect(throws: BenchmarkError.self) { try grant(mode, named: true) }
    #expect(error?.exitStatus == .usage && error?.description.contains("epoll_wait(2)") == true)
    let auto = try grant(mode, named: false)
    #expect(auto.wish == PollingWish(busyPoll: 50) && auto.refusals.count == 1)
    let poll = PollingWish(busyPoll: 50)
    #expect(try grant(mode, named: true, poll).refusals == [])
    let forbidden = #expect(throws: BenchmarkError.self) {
      try grant(mode, named: true, refusal: PollingTests.refusal, poll)
    }
    #expect(forbidden?.exitStatus == .failed)
    #expect(try grant(mode, named: false, refusal: PollingTests.refusal, poll).wish.isEmpty)
  }

  private func grant(_ mode: ReceiveMode, named: Bool, _ wish: PollingWish) throws -> PollingGrant {
    try grant(mode, named: named, PollingTests.all, wish)
  }

  @Test("Where nothing is asked for, nothing is asked of the kernel")
  func nothingAsked() throws {
    let grant = try PollingGrant(
      PollingWish(), in: .epoll, isNamed: true, support: PollingTests.nothing,
      socketRefusal: { _ in PollingTests.refusal })
    #expect(grant == PollingGrant())
  }

  @Test(
    "A wait ends with a quarter of what there is room for, and with one completion at the least",
    arguments: [(32_768, 65_536, 8192), (65_536, 1000, 250), (64, 2, 1)])
  func batch(completions: UInt32, buffers: Int, batch: UInt32) {
    var polling = RingPolling()
    polling.wait(20, isPossible: true, completionEntries: completions, buffers: buffers)
    #expect(polling.batch == batch && polling.minimumWait == 20 && polling.outcome.batch == batch)
    var none = RingPolling()
    none.wait(nil, isPossible: true, completionEntries: completions, buffers: buffers)
    #expect(none == RingPolling())
    none.wait(20, isPossible: false, completionEntries: completions, buffers: buffers)
    #expect(none.batch == 1 && none.minimumWait == 0 && none.outcome.refusals.count == 1)
  }

  @Test("Of several workers the report has the least, and each refusal once")
  func least() {
    var (first, second) = (PollingOutcome(), PollingOutcome())
    (first.method, first.batch) = (.ringStatic, 100)
    (second.method, second.batch) = (.ringDynamic, 50)
    first.note("a")
    second.note("a")
    second.note("b")
    let sum = PollingOutcome.least(of: [first, second])
    #expect(sum.method == .ringDynamic && sum.batch == 50 && sum.refusals == ["a", "b"])
    #expect(PollingOutcome.least(of: []) == PollingOutcome())
  }

  @Test("What is not in force has no figure in the report")
  func report() throws {
    var outcome = PollingOutcome()
    outcome.note("the ring does not poll")
    let report = PollingReport(try grant(.zc, named: true), outcome)
    #expect(report.busyPoll == nil && report.minimumWait == nil && report.method == nil)
    #expect(report.refusals == ["the ring does not poll"])
  }

  @Test("Sockets of this kernel poll, with epoll where it can be asked, and their team says so")
  func team() throws {
    let pair = try LoopbackPair()
    let team = ReceiveTeam(
      path: .epoll, length: 65_536, pattern: nil, cpus: [nil], changed: try EventDescriptor(),
      polling: PollingWish(busyPoll: 5))
    try team.receive(Flow(socket: pair.far, id: 1, identified: 0))
    team.stop()
    let ring = ReceiveTeam(
      path: .uring, length: 65_536, pattern: nil, cpus: [nil], changed: try EventDescriptor(),
      polling: PollingWish(busyPoll: 5, minimumWait: 5))
    let other = try LoopbackPair()
    try ring.receive(Flow(socket: other.far, id: 1, identified: 0))
    ring.stop()
    if RingWaitSupport.discover().dynamicPolling.isPresent, ring.failure == nil {
      #expect(ring.polling.method == .ringDynamic)
    }
    if RingWaitSupport.discover().minimumWait.isPresent, ring.failure == nil { #expect(ring.polling.batch == 4) }
    if PollingGrant.refusalOfSockets(5) == nil {
      #expect(team.polling.method == .epoll || !team.polling.refusals.isEmpty)
    } else {
      #expect(team.polling.method == nil && !team.polling.refusals.isEmpty)
    }
  }

  @Test("A deferral that is not as it was set is told")
  func deferrals() {
    var report = NAPIDeferralReport(queue: 3, napi: 8201)
    (report.deferHardIRQs, report.groFlushTimeout) = (100, 0)
    #expect(report.difference(from: .init(deferHardIRQs: 100)) == nil)
    let finding = report.difference(from: .init(deferHardIRQs: 100, groFlushTimeout: 200_000))
    #expect(finding?.hasPrefix("queue 3: gro-flush-timeout is 0, not 200000") == true)
  }
}
