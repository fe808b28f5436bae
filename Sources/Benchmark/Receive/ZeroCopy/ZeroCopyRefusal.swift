import Linux
import NetworkInterface
import SystemPackage
import Uring

/// Why zero-copy receive is not used: what was attempted, what the kernel said, and what on this machine explains it.
public struct ZeroCopyRefusal: Error, Sendable, Equatable {
  /// One line.
  public var sentence: String
  /// More causes and their fixes, one a line.
  public var details: [String] = []
  /// This machine cannot do it at all, as opposed to: it should have worked.
  public var isUnsupported: Bool

  public init(_ sentence: String, details: [String] = [], isUnsupported: Bool) {
    self.sentence = sentence
    self.details = details
    self.isUnsupported = isUnsupported
  }
}

extension ZeroCopyRefusal {
  /// Explains a refused registration with what is known about the machine.
  ///
  /// - Parameters:
  ///   - place: "queue 1 of eth0".
  ///   - findings: what stands in the way there, as far as it was found; empty without a device.
  init(
    of error: ZeroCopyRegistrationError, place: String, findings: [ReceiveFinding], support: ZeroCopySupport
  ) {
    let explaining = findings.filter { $0.answers.contains(error.errno) }
    let others = findings.filter { !$0.answers.contains(error.errno) && $0.weight != .unchecked }
    let ordered = explaining.filter { $0.weight == .refusal } + explaining.filter { $0.weight != .refusal } + others
    let kernel = "cannot bind \(place): \(error.call) answered \(error.errno.name) (\(error.errno))"
    let general = Self.meaning(of: error, support: support)
    if let first = ordered.first {
      sentence = "\(kernel): \(Self.words(first))"
      details = ordered.dropFirst().map(Self.words) + (explaining.isEmpty ? [general].compactMap { $0 } : [])
    } else {
      sentence = [kernel, general ?? error.advice].compactMap { $0 }.joined(separator: ": ")
    }
    isUnsupported =
      error.errno == .notSupported || !support.isBuiltIn.isPresent
      || error.options.source == .noDevice && !support.nodev.isPresent
  }

  private static func words(_ finding: ReceiveFinding) -> String {
    finding.what + (finding.fix.map { " — \($0)" } ?? "")
  }

  /// What an errno means wherever it comes from (reference: docs/zero-copy.md, the table of refusals).
  private static func meaning(of error: ZeroCopyRegistrationError, support: ZeroCopySupport) -> String? {
    if !support.isBuiltIn.isPresent { return support.isBuiltIn.reason }
    if !support.permission.isPresent, error.errno == .notPermitted { return support.permission.reason }
    let isWithoutDevice = error.options.source == .noDevice
    switch (error.step, error.errno) {
    case (.area, _), (.ring, _), (.region, _), (.regionMapping, _): return error.advice
    case (_, .invalidArgument) where isWithoutDevice && !support.nodev.isPresent: return support.nodev.reason
    case (_, .fileExists):
      return "the queue is held by another ring still, or an XDP program is attached"
    case (_, .outOfRange):
      return error.options.bufferLength == 0
        ? "the interface has no such queue that could be bound"
        : "buffers of \(error.options.bufferLength) bytes do not fit the area's contiguous pieces (--hugepages) or the driver"
    case (_, .noMemory):
      return "memory could not be pinned: raise the limit of locked memory (ulimit -l) or use a smaller --area-size"
    case (_, .badAddress): return "the area could not be pinned; kernels before 7.2 take at most 1 GiB (--area-size)"
    case (_, .resourceBusy):
      return "the queue is in use by AF_XDP or leased to a virtual interface; choose another (-q)"
    case (_, .noData):
      return "the driver did not use our memory for that queue: header/data split is not really active in hardware"
    case (_, .networkDown), (_, .resourceTemporarilyUnavailable): return "the interface is down: ip link set dev DEV up"
    case (_, .notSupported):
      return isWithoutDevice ? nil : "the driver has no zero-copy receive, or not for this queue or buffer length"
    default: return nil
    }
  }
}
