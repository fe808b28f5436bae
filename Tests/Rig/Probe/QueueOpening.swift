import ArgumentParser
import BoundedJSON
import Glibc
import Linux
import SystemPackage
import Uring

extension QueueArguments {
  /// Registers the queue, again and again while another ring, perhaps a closed one, still has it.
  /// - Parameter retries: is increased for every refusal.
  func open(retries: inout Int) throws(ZeroCopyRegistrationError) -> ZeroCopyRing {
    let deadline = MonotonicTime.now().nanoseconds + Int64(unbindingSeconds * 1e9)
    while true {
      do throws(ZeroCopyRegistrationError) {
        return try openOnce()
      } catch  where error.errno == .fileExists && MonotonicTime.now().nanoseconds < deadline {
        retries += 1
        usleep(2000)
      }
    }
  }

  private func openOnce() throws(ZeroCopyRegistrationError) -> ZeroCopyRing {
    try ZeroCopyRing(
      options, submissionEntries: min(64, cqEntries), completionEntries: cqEntries,
      ringOptions: mixed ? .zeroCopyReceiveMixed : .zeroCopyReceive)
  }

  /// Prints a refusal and says how to end because of it.
  func report(_ error: ZeroCopyRegistrationError) -> ExitCode {
    printLine([
      "refused": .string(error.errno.name),
      "errno": .count(error.errno.rawValue),
      "step": .string(error.step.rawValue),
      "call": .string(error.call),
      "dropped": error.dropped.json,
      "message": .string(error.description),
    ])
    return isUnsupported(error) ? .notSupported : .failure
  }

  /// A kernel, driver or area kind that cannot do it, as opposed to settings or arguments that are wrong.
  private func isUnsupported(_ error: ZeroCopyRegistrationError) -> Bool {
    let support = ZeroCopySupport.discover()
    switch (error.step, error.errno) {
    case (.registration, .notSupported): return true
    case (.area, .noSuchFileOrDirectory): return true
    case (_, .invalidArgument):
      return !support.isBuiltIn.isPresent || nodev && !support.nodev.isPresent || mixed && !support.mixedCQE.isPresent
    default: return false
    }
  }
}

extension [DroppedField] {
  var json: JSONValue {
    .array(map { .object(["field": .string($0.field.rawValue), "errno": .string($0.errno.name)]) })
  }
}
