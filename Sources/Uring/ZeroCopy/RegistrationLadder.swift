import SystemPackage

/// The attempts at a registration, from everything that is wanted down to what the first kernels take. An older kernel
/// refuses a field it does not know with EINVAL, as it and its drivers refuse much else. So what would be taken for a field
/// that it does not know is tried once more, and the kernel is asked whether it knows it.
struct RegistrationLadder {
  /// What one attempt leaves out.
  struct Attempt: Equatable {
    var events: Bool
    var bufferLength: UInt32
  }

  let wanted: Attempt
  /// The length is not left out: whoever registers has shorter ones to try.
  var isLengthRequired = false

  enum Result: Equatable {
    case accepted(Attempt, dropped: [DroppedField])
    /// With the errno of the last attempt.
    case refused(Errno, dropped: [DroppedField])
  }

  /// - Parameters:
  ///   - isListed: whether the kernel itself lists a field. It is asked only where the field may be why it refused.
  ///   - register: makes one attempt; nil when it was accepted.
  func climb(isListed: (DroppedField.Field) -> Bool, _ register: (Attempt) -> Errno?) -> Result {
    var refusalWithEvents: Errno?
    var refusalWithLength: Errno?
    var last = Errno.invalidArgument
    var dropped: [DroppedField] = []
    for length in wanted.bufferLength == 0 || isLengthRequired ? [wanted.bufferLength] : [wanted.bufferLength, 0] {
      for events in wanted.events ? [true, false] : [false] {
        let attempt = Attempt(events: events, bufferLength: length)
        dropped = []
        if let errno = refusalWithEvents, !events { dropped.append(DroppedField(field: .events, errno: errno)) }
        if let errno = refusalWithLength, length == 0 {
          dropped.append(DroppedField(field: .bufferLength, errno: errno))
        }
        var answer = register(attempt)
        if let errno = answer, Self.absences.contains(errno) { answer = register(attempt) }
        guard let errno = answer else { return .accepted(attempt, dropped: dropped) }
        last = errno
        if events { refusalWithEvents = errno }
        if length != 0 { refusalWithLength = errno }
        guard errno == .invalidArgument, events, !isListed(.events) else { break }
      }
      guard Self.lengthRefusals.contains(last) else { break }
    }
    return .refused(last, dropped: dropped)
  }

  /// What an unknown field is refused with, and a driver without the operation.
  private static let absences: Set<Errno> = [.invalidArgument, .notSupported]
  /// An unknown field or an unfit pool, a driver that knows one length only, pieces of the area that are too short.
  private static let lengthRefusals: Set<Errno> = [.invalidArgument, .notSupported, .outOfRange]
}
