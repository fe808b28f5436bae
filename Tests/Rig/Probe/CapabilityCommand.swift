import ArgumentParser
import BoundedJSON
import Uring

struct CapabilityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capability", abstract: "Asks the kernel what it can do for zero-copy receive.")

  func run() throws {
    let support = ZeroCopySupport.discover()
    printLine([
      "kernel_release": .string(support.kernelRelease),
      "built_in": support.isBuiltIn.json,
      "permission": support.permission.json,
      "nodev": support.nodev.json,
      "flush": support.flush.json,
      "rx_buf_len": support.rxBufLen.json,
      "events": support.events.json,
      "add_area": support.addArea.json,
      "mixed_cqe": support.mixedCQE.json,
      "summary": .string(support.summary),
    ])
    if case .absent = support.isBuiltIn { throw ExitCode.notSupported }
  }
}

extension Capability {
  fileprivate var json: JSONValue {
    let present: JSONValue =
      switch self {
      case .present: .bool(true)
      case .absent: .bool(false)
      case .unknown: .null
      }
    return .object(["present": present, "reason": .string(reason)])
  }
}
