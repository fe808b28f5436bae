import Linux
import NetworkInterface
import Report
import Uring

/// How a worker's ring waits.
struct RingPolling: Sendable, Equatable {
  /// Microseconds for which a wait with flows collects completions; 0 for no such wait.
  var minimumWait: UInt32 = 0
  /// Completions that end a wait with flows.
  var batch: UInt32 = 1
  var outcome = PollingOutcome()

  /// - Parameters:
  ///   - isPossible: the ring heeds a minimum wait. One that does not would wait for all.
  ///   - completionEntries: room for completions.
  ///   - buffers: to receive into. Those of completions that nobody has taken yet are missing to whoever fills them, so that
  ///     a wait ends with a quarter of either.
  mutating func wait(_ microseconds: UInt32?, isPossible: Bool, completionEntries: UInt32, buffers: Int) {
    guard let microseconds else { return }
    guard isPossible else {
      return outcome.note("a wait ends with the first completion: the kernel has no minimum wait")
    }
    minimumWait = microseconds
    batch = max(1, min(completionEntries, UInt32(clamping: buffers)) / 4)
    outcome.batch = batch
  }

  /// Has the ring poll the instance that serves its queue; where that cannot be named, those its sockets tell of.
  mutating func poll(_ microseconds: UInt32?, _ ring: borrowing Ring, _ service: QueueService?) {
    guard let microseconds else { return }
    if let napi = service?.napi {
      do throws(SystemCallError) {
        try ring.pollInterfaces(.fixed([napi]), microseconds: microseconds)
        outcome.method = .ringStatic
        return
      } catch {
        outcome.note("polling NAPI \(napi) by its name: \(error); those that the sockets tell of are polled instead")
      }
    } else if let service {
      outcome.note("which NAPI serves queue \(service.queue) is not told; those that the sockets tell of are polled")
    }
    do throws(SystemCallError) {
      try ring.pollInterfaces(.dynamic, microseconds: microseconds)
      outcome.method = .ringDynamic
    } catch {
      outcome.note("the ring does not poll: \(error)")
    }
  }
}
