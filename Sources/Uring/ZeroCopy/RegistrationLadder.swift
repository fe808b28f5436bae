import SystemPackage

/// The attempts at a registration, from everything that is wanted down to what the first kernels take. An older kernel
/// refuses a field it does not know with EINVAL, as it refuses much else, so that only trying tells.
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

  /// - Parameter register: makes one attempt; nil when it was accepted.
  func climb(_ register: (Attempt) -> Errno?) -> Result {
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
        guard let errno = register(attempt) else { return .accepted(attempt, dropped: dropped) }
        last = errno
        if events { refusalWithEvents = errno }
        if length != 0 { refusalWithLength = errno }
        guard errno == .invalidArgument else { break }
      }
      guard Self.lengthRefusals.contains(last) else { break }
    }
    return .refused(last, dropped: dropped)
  }

  /// An unknown field or an unfit pool, a driver that knows one length only, pieces of the area that are too short.
  private static let lengthRefusals: Set<Errno> = [.invalidArgument, .notSupported, .outOfRange]
}
