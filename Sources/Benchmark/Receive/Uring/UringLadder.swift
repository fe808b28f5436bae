import Linux
import SystemPackage
import Uring

/// What a receiving ring asks of the kernel, the best first. What is refused leads to the next, and to one line that says so.
struct UringLadder: Sendable {
  /// Ways to set a ring up.
  var setups: [RingOptions]
  /// Ways to receive on it.
  var receives: [BufferReceive.Kind]

  /// - Linux 6.1 has deferred work, 5.19 cooperative work.
  /// - Linux 6.10 has bundles, 6.0 multishot receives, 5.19 rings of buffers.
  static let standard = UringLadder(
    setups: [
      [.clamp, .submitAll, .singleIssuer, .deferredWork], [.clamp, .submitAll, .cooperativeWork], [.clamp],
    ],
    receives: [.bundle, .multishot, .single])

  /// Creates the ring, for the calling thread.
  ///
  /// - Parameter notes: is given a line when it is not the best one.
  /// - Throws: the last refusal, and every refusal that is not about options.
  func makeRing(
    entries: UInt32, completionEntries: UInt32, notes: inout [String]
  ) throws(SystemCallError) -> Ring {
    var index = 0
    while true {
      do throws(SystemCallError) {
        let ring = try tryTwice(after: [.invalidArgument]) { () throws(SystemCallError) in
          try Ring(entries: entries, completionEntries: completionEntries, options: setups[index])
        }
        if index > 0 {
          notes.append(
            "uring: the kernel refused \(UringLadder.name(setups[0])) (io_uring_setup: Invalid argument); the ring has "
              + UringLadder.name(setups[index]))
        }
        return ring
      } catch {
        guard error.errno == .invalidArgument, index + 1 < setups.count else { throw error }
        index += 1
      }
    }
  }

  /// The rung to begin with on a ring of these features.
  func firstRung(bundles: Bool) -> Int {
    let rung = receives.firstIndex { $0 != .bundle || bundles } ?? 0
    return rung
  }

  private static func name(_ options: RingOptions) -> String {
    if options.contains(.deferredWork) { return "DEFER_TASKRUN and SINGLE_ISSUER" }
    return options.contains(.cooperativeWork) ? "COOP_TASKRUN" : "neither DEFER_TASKRUN nor COOP_TASKRUN"
  }
}

extension BufferReceive.Kind {
  /// For the reader.
  var name: String {
    switch self {
    case .single: "one receive a submission"
    case .multishot: "multishot receives"
    case .bundle: "multishot receives with bundles"
    case .unknown: "receives with an unknown flag"
    }
  }
}
