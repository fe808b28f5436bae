import CKernelABI
import Linux
import SystemPackage

/// What this kernel's rings can do while they wait, found by asking a ring that is gone afterwards.
public struct RingWaitSupport: Sendable, Equatable {
  /// Waiting for several completions, and after a minimum time for one (Linux 6.12).
  public let minimumWait: Capability
  /// Polling the NAPI instances of the sockets waited for (Linux 6.9, CONFIG_NET_RX_BUSY_POLL).
  public let dynamicPolling: Capability
  /// Polling NAPI instances that were named (Linux 6.13).
  public let fixedPolling: Capability

  init(minimumWait: Capability, dynamicPolling: Capability, fixedPolling: Capability) {
    self.minimumWait = minimumWait
    self.dynamicPolling = dynamicPolling
    self.fixedPolling = fixedPolling
  }

  /// Asks the running kernel.
  public static func discover() -> RingWaitSupport {
    do throws(SystemCallError) {
      let ring = try Ring(entries: 1, options: [.singleIssuer, .deferredWork])
      return RingWaitSupport(
        hasMinimumWait: ring.hasMinimumWait, dynamic: answer(ring, .dynamic), fixed: answer(ring, .fixed([])))
    } catch {
      let unknown = Capability.unknown(error.description)
      return RingWaitSupport(minimumWait: unknown, dynamicPolling: unknown, fixedPolling: unknown)
    }
  }

  private static func answer(_ ring: borrowing Ring, _ tracking: NAPITracking) -> Errno? {
    do throws(SystemCallError) {
      try tryTwice(after: [.invalidArgument]) { () throws(SystemCallError) in
        try ring.pollInterfaces(tracking, microseconds: 1)
      }
      return nil
    } catch {
      return error.errno
    }
  }

  /// Concludes from what a ring answered; nil is that it accepted.
  init(hasMinimumWait: Bool, dynamic: Errno?, fixed: Errno?) {
    minimumWait =
      hasMinimumWait
      ? .present("the kernel lists IORING_FEAT_MIN_TIMEOUT")
      : .absent("the kernel does not list IORING_FEAT_MIN_TIMEOUT; Linux 6.12 does")
    dynamicPolling = RingWaitSupport.capability(
      dynamic, "IORING_REGISTER_NAPI", missing: "Linux 6.9 has it, with CONFIG_NET_RX_BUSY_POLL")
    fixedPolling = RingWaitSupport.capability(
      fixed, "IORING_REGISTER_NAPI with instances that are named", missing: "Linux 6.13 has it")
  }

  private static func capability(_ refusal: Errno?, _ name: String, missing: String) -> Capability {
    switch refusal {
    case nil: .present("the kernel accepted \(name)")
    case .invalidArgument: .absent("the kernel refused \(name) (EINVAL); \(missing)")
    case let errno?: .unknown("the kernel refused \(name): \(errno)")
    }
  }
}
