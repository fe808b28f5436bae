import CKernelABI
import Glibc
import Linux
import SeededRandomness
import SystemPackage
import Testing

@testable import Uring

/// Whether this process may create rings of the newest kind the tests use.
private func ringsWork() -> Bool {
  do throws(SystemCallError) {
    _ = try Ring(entries: 1, options: .zeroCopyReceive)
    return true
  } catch {
    return false
  }
}

@Suite("Rings", .enabled(if: ringsWork(), "io_uring is not available here"))
struct RingTests {
  private static let kinds: [RingOptions] = [[], [.singleIssuer, .deferredWork], .zeroCopyReceive]

  @Test("A submission comes back as a completion, more often than the ring has slots", arguments: kinds)
  func roundTrips(options: RingOptions) throws {
    var ring = try Ring(entries: 4, options: options)
    for round in 0..<100 as Range<UInt64> {
      #expect(ring.prepare { $0.user_data = 0xABCD_0000_0000 + round })
      #expect(try ring.submit(waitingFor: 1) == 1)
      var seen: [Completion] = []
      #expect(ring.takeCompletions { seen.append($0) } == 1)
      #expect(seen.map(\.userData) == [0xABCD_0000_0000 + round])
      #expect(seen.map(\.result) == [0])
    }
  }

  @Test("Completions keep the order of their submissions, and a full ring is said", arguments: kinds)
  func order(options: RingOptions) throws {
    var ring = try Ring(entries: 8, options: options)
    for wave in 0..<5 as Range<UInt64> {
      for index in 0..<8 as Range<UInt64> { #expect(ring.prepare { $0.user_data = wave * 8 + index }) }
      var called = false
      #expect(!ring.prepare { _ in called = true })
      #expect(!called)
      #expect(try ring.submit(waitingFor: 8) == 8)
      var seen: [UInt64] = []
      ring.takeCompletions { seen.append($0.userData) }
      #expect(seen == Array(wave * 8..<wave * 8 + 8))
    }
    #expect(ring.takeCompletions { _ in } == 0)
  }

  @Test("A submission the kernel cannot do completes with its errno", arguments: kinds)
  func refusedOperation(options: RingOptions) throws {
    var ring = try Ring(entries: 1, options: options)
    #expect(
      ring.prepare {
        $0.opcode = UInt8(ZB_IORING_OP_RECV)
        $0.fd = -1
        $0.user_data = 7
      })
    try ring.submit(waitingFor: 1)
    var seen: [Completion] = []
    ring.takeCompletions { seen.append($0) }
    #expect(seen.map(\.result) == [-EBADF])
    #expect(seen.map(\.userData) == [7])
  }

  @Test("Sizes are those asked for, rounded up")
  func sizes() throws {
    let ring = try Ring(entries: 5, completionEntries: 100, options: [])
    #expect(ring.submissionCapacity == 8)
    #expect(ring.completionCapacity == 128)
    #expect(ring.features & ZB_IORING_FEAT_NODROP != 0)
    let plain = try Ring(entries: 8, options: [])
    #expect(plain.completionCapacity == 16)
  }

  @Test("Waiting ends when the time is up")
  func timeout() throws {
    var ring = try Ring(entries: 1, options: .zeroCopyReceive)
    let clock = ContinuousClock()
    let begin = clock.now
    #expect(throws: SystemCallError.self) {
      do throws(SystemCallError) {
        try ring.submit(waitingFor: 1, timeoutNanoseconds: 20_000_000)
      } catch {
        #expect(error.errno.rawValue == ETIME)
        throw error
      }
    }
    #expect(clock.now - begin >= .milliseconds(20))
    #expect(clock.now - begin < .seconds(120))
  }

  @Test("The descriptor is the ring's, and closed on exec")
  func descriptor() throws {
    let ring = try Ring(entries: 1, options: [])
    #expect(fcntl(ring.descriptor, F_GETFD) == FD_CLOEXEC)
    #expect(linkTarget(of: ring.descriptor).contains("io_uring"))
  }

  @Test("A wide completion's second half is read from behind its own first half")
  func secondHalf() throws {
    var ring = try Ring(entries: 4, options: .zeroCopyReceive)
    // IORING_NOP_CQE32: the kernel copies off and addr into the second half (io_uring/nop.c, Linux 6.18).
    let copyBack: UInt32 = 1 << 5
    for index in 1...4 as ClosedRange<UInt64> {
      #expect(
        ring.prepare {
          $0.msg_flags = copyBack
          $0.off = index << 48 | 0x1234
          $0.user_data = index
        })
    }
    try ring.submit(waitingFor: 4)
    var seen: [Completion] = []
    ring.takeCompletions { seen.append($0) }
    try #require(seen.count == 4)
    if seen.allSatisfy({ $0.result == -EINVAL }) { return }  // An older kernel knows no such NOP.
    #expect(seen.map(\.offset) == [1, 2, 3, 4].map { $0 << 48 | 0x1234 })
    #expect(seen.map(\.userData) == [1, 2, 3, 4])
  }

  @Test(
    "A mixed ring is read in order over its end, narrow and wide completions alike",
    .enabled(if: ZeroCopySupport.discover().mixedCQE.isPresent))
  func mixed() throws {
    var ring = try Ring(entries: 4, completionEntries: 8, options: .zeroCopyReceiveMixed)
    // IORING_NOP_CQE32: an additional half, as in the test above.
    let wide: UInt32 = 1 << 5
    var generator = SplitMix64(seed: 1)
    for round in 1...200 as ClosedRange<UInt64> {
      let kinds = (0..<3).map { _ in Bool.random(using: &generator) }
      for (index, isWide) in kinds.enumerated() {
        #expect(
          ring.prepare {
            $0.msg_flags = isWide ? wide : 0
            $0.off = isWide ? round << 48 | UInt64(index) : 0
            $0.user_data = round << 8 | UInt64(index)
          })
      }
      try ring.submit(waitingFor: 3)
      var batch = ring.completions()
      for (index, isWide) in kinds.enumerated() {
        let next = batch.next()
        let completion = try #require(next)
        #expect(completion.userData == round << 8 | UInt64(index))
        #expect(completion.offset == (isWide ? round << 48 | UInt64(index) : 0))
      }
      #expect(batch.next() == nil)
      ring.release(batch)
    }
  }

  @Test("Completions beyond the ring's room are held back, said to be, and come later")
  func overflow() throws {
    var ring = try Ring(entries: 4, completionEntries: 4, options: [.singleIssuer, .deferredWork])
    for wave in 0..<3 as Range<UInt64> {
      for index in 0..<4 as Range<UInt64> { #expect(ring.prepare { $0.user_data = wave * 4 + index }) }
      #expect(ring.hasOverflow == (wave == 2))
      // The third wave is not taken before there is room.
      if wave < 2 { _ = try ring.enter(waitingFor: 0, timeoutNanoseconds: nil) }
    }
    #expect(ring.hasOverflow == true)
    var seen: [UInt64] = []
    for _ in 0..<10 where seen.count < 12 {
      ring.takeCompletions { seen.append($0.userData) }
      _ = try ring.enter(waitingFor: 0, timeoutNanoseconds: nil)
    }
    #expect(seen == Array(0..<12))
    #expect(ring.hasOverflow == false)
  }

  @Test("Waits end with what ended them")
  func waits() throws {
    var ring = try Ring(entries: 4, options: .zeroCopyReceive)
    #expect(try ring.enter(waitingFor: 1, timeoutNanoseconds: 1_000_000) == .timedOut)
    #expect(ring.prepare { $0.user_data = 1 })
    #expect(try ring.enter(waitingFor: 1, timeoutNanoseconds: 1_000_000_000) == .completed)
    // One completion is there: after the minimum the second is waited for no longer.
    if ring.features & ZB_IORING_FEAT_MIN_TIMEOUT != 0 {
      let clock = ContinuousClock()
      let begin = clock.now
      let end = try ring.enter(waitingFor: 2, timeoutNanoseconds: 600_000_000_000, minimumWaitMicroseconds: 20_000)
      #expect(end == .completed || end == .timedOut)
      #expect(clock.now - begin >= .milliseconds(20))
      #expect(clock.now - begin < .seconds(120))
    }
  }

  @Test("A cancelled receive says so, and so does a cancellation that found nothing")
  func cancellation() throws {
    var ring = try Ring(entries: 4, options: .zeroCopyReceive)
    var ends: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    defer { for end in ends { close(end) } }
    var buffer: UInt8 = 0
    try withUnsafeMutablePointer(to: &buffer) { buffer in
      let receiver = ends[0]
      #expect(
        ring.prepare {
          $0.opcode = UInt8(ZB_IORING_OP_RECV)
          $0.fd = receiver
          $0.addr = UInt64(UInt(bitPattern: buffer))
          $0.len = 1
          $0.user_data = 11
        })
      #expect(ring.prepare { Cancellation(of: 11, userData: 12).fill(&$0) })
      try ring.submit(waitingFor: 2, timeoutNanoseconds: 5_000_000_000)
      #expect(ring.prepare { Cancellation(of: 11, userData: 13).fill(&$0) })
      try ring.submit(waitingFor: 3, timeoutNanoseconds: 5_000_000_000)
    }
    var results: [UInt64: Int32] = [:]
    ring.takeCompletions { results[$0.userData] = $0.result }
    #expect(results == [11: -ECANCELED, 12: 0, 13: -ENOENT])
  }

  @Test("Options the kernel refuses are its refusal, with advice")
  func refusedOptions() {
    let error = #expect(throws: SystemCallError.self) {
      // DEFER_TASKRUN without SINGLE_ISSUER (io_uring_setup(2)).
      _ = try Ring(entries: 1, options: .deferredWork)
    }
    #expect(error?.errno == .invalidArgument)
    #expect(error?.call == "io_uring_setup")
    #expect(error?.advice?.contains("6.1") == true)
    #expect(throws: SystemCallError.self) { _ = try Ring(entries: 0, options: []) }
    #expect(throws: SystemCallError.self) { _ = try Ring(entries: 32769, options: []) }
  }

  private func linkTarget(of descriptor: Int32) -> String {
    var target = [CChar](repeating: 0, count: 256)
    let length = readlink("/proc/self/fd/\(descriptor)", &target, target.count)
    return String(decoding: target.prefix(max(0, length)).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

@Suite("Advice about a refused ring")
struct RingRefusalTests {
  @Test("A switched-off io_uring is told from a filter in front of it")
  func permission() {
    #expect(RingRefusal.advice(for: .notPermitted, disabledSetting: 2)?.contains("io_uring_disabled=0") == true)
    #expect(RingRefusal.advice(for: .notPermitted, disabledSetting: 1)?.contains("io_uring_group") == true)
    for setting in [nil, 0] as [Int64?] {
      #expect(RingRefusal.advice(for: .notPermitted, disabledSetting: setting)?.contains("seccomp") == true)
    }
  }

  @Test("Every other known refusal has advice, an unknown one has none")
  func others() {
    for errno in [Errno.noFunction, .noMemory, .invalidArgument, .tooManyOpenFiles] {
      #expect(RingRefusal.advice(for: errno, disabledSetting: nil) != nil)
    }
    #expect(RingRefusal.advice(for: .ioError, disabledSetting: 2) == nil)
  }
}
