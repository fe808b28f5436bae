import SystemPackage
import Testing

@testable import Uring

@Suite("Registering without what a kernel does not know")
struct RegistrationLadderTests {
  typealias Attempt = RegistrationLadder.Attempt

  /// Climbs and keeps the attempts.
  ///
  /// - Parameter listed: what the kernel says it knows.
  private func climb(
    events: Bool = true, length: UInt32 = 16384, listed: Set<DroppedField.Field> = [], _ kernel: (Attempt) -> Errno?
  ) -> (result: RegistrationLadder.Result, attempts: [Attempt]) {
    var attempts: [Attempt] = []
    let ladder = RegistrationLadder(wanted: Attempt(events: events, bufferLength: length))
    let result = ladder.climb(isListed: listed.contains) { attempt in
      attempts.append(attempt)
      return kernel(attempt)
    }
    return (result, attempts)
  }

  private func accepted(
    events: Bool, bufferLength: UInt32, _ dropped: (field: DroppedField.Field, errno: Errno)...
  ) -> RegistrationLadder.Result {
    .accepted(
      Attempt(events: events, bufferLength: bufferLength),
      dropped: dropped.map { DroppedField(field: $0.field, errno: $0.errno) })
  }

  @Test("A kernel that takes everything is asked once")
  func newest() {
    let (result, attempts) = climb { _ in nil }
    #expect(result == .accepted(Attempt(events: true, bufferLength: 16384), dropped: []))
    #expect(attempts.count == 1)
  }

  @Test("Linux 7.0 is given the length and not the events")
  func linux70() {
    let (result, _) = climb { $0.events ? .invalidArgument : nil }
    #expect(result == accepted(events: false, bufferLength: 16384, (.events, .invalidArgument)))
  }

  @Test("Linux 6.15 is given neither")
  func linux615() {
    let (result, attempts) = climb { $0.events || $0.bufferLength != 0 ? .invalidArgument : nil }
    #expect(
      result == accepted(events: false, bufferLength: 0, (.events, .invalidArgument), (.bufferLength, .invalidArgument))
    )
    #expect(
      attempts.map(\.events) == [true, true, false, false, true, true, false], "each that is refused is tried twice")
  }

  @Test(
    "A driver that cannot do the length keeps its events, and the reason is kept",
    arguments: [Errno.notSupported, .outOfRange, .invalidArgument])
  func driver(refusal: Errno) {
    let (result, _) = climb { $0.bufferLength == 0 ? nil : refusal }
    #expect(result == accepted(events: true, bufferLength: 0, (.bufferLength, refusal)))
  }

  @Test("A driver of an old kernel that cannot do the length: each refusal keeps its own reason")
  func both() {
    let (result, _) = climb { attempt in
      attempt.events ? .invalidArgument : attempt.bufferLength == 0 ? nil : .outOfRange
    }
    #expect(
      result == accepted(events: false, bufferLength: 0, (.events, .invalidArgument), (.bufferLength, .outOfRange)))
  }

  @Test(
    "What is no matter of fields is tried no further",
    arguments: [Errno.fileExists, .notPermitted, .noMemory, .operationNotSupportedByDevice, .resourceBusy])
  func final(errno: Errno) {
    let (result, attempts) = climb { _ in errno }
    #expect(result == .refused(errno, dropped: []))
    #expect(attempts.count == 1)
  }

  @Test("Refused in every form, the plainest attempt's errno counts")
  func refused() {
    let (result, attempts) = climb { _ in .invalidArgument }
    #expect(
      result
        == .refused(
          .invalidArgument,
          dropped: [
            DroppedField(field: .events, errno: .invalidArgument),
            DroppedField(field: .bufferLength, errno: .invalidArgument),
          ]))
    #expect(attempts.map(\.events) == [true, true, false, false, true, true, false, false])
    #expect(attempts.map(\.bufferLength) == [16384, 16384, 16384, 16384, 0, 0, 0, 0])
    let (busy, _) = climb { $0.events ? .invalidArgument : .fileExists }
    #expect(busy == .refused(.fileExists, dropped: [DroppedField(field: .events, errno: .invalidArgument)]))
  }

  @Test("A length that is required is not left out")
  func required() {
    var attempts: [Attempt] = []
    var ladder = RegistrationLadder(wanted: Attempt(events: true, bufferLength: 16384))
    ladder.isLengthRequired = true
    let listed: Set<DroppedField.Field> = []
    let result = ladder.climb(isListed: listed.contains) { attempt in
      attempts.append(attempt)
      return .outOfRange
    }
    #expect(result == .refused(.outOfRange, dropped: []))
    #expect(attempts == [Attempt(events: true, bufferLength: 16384)])
  }

  @Test("What was not asked for is neither tried nor dropped")
  func plain() {
    let (result, attempts) = climb(events: false, length: 0) { _ in .invalidArgument }
    #expect(result == .refused(.invalidArgument, dropped: []))
    #expect(attempts == [Attempt](repeating: Attempt(events: false, bufferLength: 0), count: 2))
  }

  @Test(
    "One refusal of a driver costs nothing: the same is tried once more",
    arguments: [Errno.invalidArgument, .notSupported])
  func once(errno: Errno) {
    var refusals = [errno]
    let (result, attempts) = climb { _ in refusals.popLast() }
    #expect(result == .accepted(Attempt(events: true, bufferLength: 16384), dropped: []))
    #expect(attempts.count == 2)
  }

  @Test("What the kernel lists is not left out: who refuses is the driver")
  func listed() {
    let (result, attempts) = climb(length: 0, listed: [.events]) { $0.events ? .invalidArgument : nil }
    #expect(result == .refused(.invalidArgument, dropped: []))
    #expect(attempts.map(\.events) == [true, true])
    let (shorter, _) = climb(listed: [.events]) { $0.bufferLength == 0 ? nil : .invalidArgument }
    #expect(shorter == accepted(events: true, bufferLength: 0, (.bufferLength, .invalidArgument)))
  }
}
