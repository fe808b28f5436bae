import SystemPackage
import Uring

/// Finds the buffer length a queue can have: what was asked for, or the next shorter one, or the kernel's own.
///
/// A length is refused with ERANGE where the area's contiguous pieces or the driver's range are shorter, so that a shorter
/// one may do; with EOPNOTSUPP or EINVAL where driver or kernel know one length only, and then none does. Longer buffers
/// want a larger area, which may be too large.
struct BufferLengthSearch {
  /// In the order they are tried; the last is 0, the kernel's own choice.
  let lengths: [UInt32]

  struct Refusal: Sendable, Equatable {
    var length: UInt32
    var errno: Errno
  }

  /// - Parameter isRequired: a length in bytes that is refused is not replaced by the kernel's own.
  init(_ wish: ZeroCopyWish.BufferLength, isRequired: Bool = false) {
    lengths =
      switch wish {
      case .bytes(let bytes) where isRequired: [bytes]
      case .standard: [0]
      case .bytes(let bytes): [bytes, 0]
      case .longest: sequence(first: ZeroCopyWish.longestBuffer) { $0 > 8192 ? $0 / 2 : nil } + [0]
      }
  }

  /// - Parameter attempt: with a length, and the refusals until then.
  /// - Throws: the last attempt's error.
  func run<Value>(
    _ attempt: (UInt32, [Refusal]) throws(ZeroCopyTeamError) -> Value
  ) throws(ZeroCopyTeamError) -> Value {
    var refusals: [Refusal] = []
    var rest = lengths[...]
    while true {
      let length = rest.removeFirst()
      do throws(ZeroCopyTeamError) {
        return try attempt(length, refusals)
      } catch {
        guard length != 0, !rest.isEmpty, let errno = Self.errno(of: error) else { throw error }
        if errno == .notSupported || errno == .invalidArgument { rest = rest.suffix(1) }
        refusals.append(Refusal(length: length, errno: errno))
      }
    }
  }

  /// The answer that another length may change; nil where none can.
  private static func errno(of error: ZeroCopyTeamError) -> Errno? {
    switch error {
    case .system: return nil
    case .memoryShort: return .noMemory
    case .refused(let refusal, _):
      let answers: [Errno] =
        switch refusal.step {
        case .area: [.noMemory]
        case .registration: [.outOfRange, .noMemory, .notSupported, .invalidArgument]
        case .ring, .region, .regionMapping: []
        }
      return answers.contains(refusal.errno) ? refusal.errno : nil
    }
  }

  /// The refusals for the reader, those that followed one another for one reason together.
  static func sentences(_ refusals: [Refusal], areaKind: ZeroCopyArea.Kind, used: UInt32) -> [String] {
    var groups: [(from: UInt32, to: UInt32, errno: Errno)] = []
    for refusal in refusals {
      if let last = groups.last, last.errno == refusal.errno {
        groups[groups.count - 1].to = refusal.length
      } else {
        groups.append((refusal.length, refusal.length, refusal.errno))
      }
    }
    return groups.map { group in
      let lengths = group.from == group.to ? "\(group.from)" : "\(group.from) to \(group.to)"
      return "buffers of \(lengths) bytes (\(group.errno.name): \(reason(group.errno, areaKind))); \(used) instead"
    }
  }

  private static func reason(_ errno: Errno, _ areaKind: ZeroCopyArea.Kind) -> String {
    switch errno {
    case .outOfRange where areaKind == .hugePages: "the driver takes no such length"
    case .outOfRange:
      "the area's contiguous pieces are shorter, or the driver takes no such length; --hugepages makes them 2 MiB"
    case .notSupported: "the driver knows one length only"
    case .noMemory: "memory for an area of such buffers is short"
    default: "this kernel or driver takes no other length than a page"
    }
  }
}
