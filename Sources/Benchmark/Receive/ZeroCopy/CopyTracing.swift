import Linux
import SystemPackage
import Trace

/// The probe that counts what the kernel copies, attached once and kept for the life of a server; or why there is none.
final class CopyTracing: Sendable {
  let probe: CopyProbe?
  /// Why none, or no better one, is attached, best method first.
  let refusals: [String]

  /// Requests that can be counted at one time: every stream of a test, and connections that are read for the control thread.
  private static let capacity: UInt32 = 32_768

  /// Attaches it, which may take a second on a slow machine.
  init() {
    func sentences(_ refusals: [CopyProbe.Refusal]) -> [String] {
      refusals.map { "\($0.method.rawValue): \($0.reason)" }
    }
    do throws(CopyProbe.Unavailable) {
      let probe = try CopyProbe.attach(capacity: Self.capacity)
      self.probe = probe
      refusals = sentences(probe.refusals)
    } catch {
      probe = nil
      refusals = sentences(error.refusals)
    }
  }

  /// What may keep the probe from counting, at one moment.
  struct Look: Sendable {
    var missed: UInt64
    var problem: String?
  }

  func look() -> Look {
    do throws(SystemCallError) {
      return Look(missed: try probe?.missed() ?? 0, problem: TracingSwitches.read().problem)
    } catch {
      return Look(missed: 0, problem: "whether the probe missed a copy is unknown (\(error))")
    }
  }

  /// Why what was counted between two looks is not all; nil where nothing is known against it.
  static func doubt(_ begin: Look, _ end: Look) -> String? {
    if let problem = begin.problem ?? end.problem { return problem }
    let missed = end.missed &- begin.missed
    return missed > 0 ? "the probe missed \(missed.counted("call"))" : nil
  }
}
