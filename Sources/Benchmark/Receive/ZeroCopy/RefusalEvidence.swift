import Metering
import NetworkInterface
import SystemPackage
import Uring

/// A refused zero-copy queue and what was looked up about the machine to explain it.
struct RefusalEvidence {
  enum Completions {
    case wide
    case mixed
  }

  var error: ZeroCopyRegistrationError
  /// "queue 1 of eth0".
  var place: String
  /// Nil without a device.
  var interface: String?
  var support: ZeroCopySupport
  var memory: MemoryFacts
  /// Nil where they could not be read.
  var privileges: Privileges?
  /// What stands in the way on the interface; empty without a device.
  var findings: [ReceiveFinding] = []
  var completions = Completions.wide
  /// Seconds spent waiting for a previous holder.
  var waited = 0.0
  /// Seconds spent waiting for memory.
  var waitedForMemory = 0.0

  init(
    _ error: ZeroCopyRegistrationError, place: String, support: ZeroCopySupport, memory: MemoryFacts,
    privileges: Privileges?
  ) {
    self.error = error
    self.place = place
    self.support = support
    self.memory = memory
    self.privileges = privileges
  }

  var options: ZeroCopyQueueOptions { error.options }
  var isWithoutDevice: Bool { options.source == .noDevice }

  /// What was attempted, after "cannot".
  var attempt: String {
    let size = Self.bytes(options.areaSize)
    let area =
      switch options.areaKind {
      case .pages: "\(size)"
      case .hugePages: "\(size) of huge pages"
      case .dmabuf: "\(size) of dma-buf"
      }
    switch error.step {
    case .ring: return "create the io_uring of \(place)"
    case .area: return "get \(area) for \(place)"
    case .region, .regionMapping: return "get the refill ring of \(place)"
    case .registration:
      let length = options.bufferLength == 0 ? "" : " in buffers of \(options.bufferLength) bytes"
      return (isWithoutDevice ? "register \(place)" : "bind \(place)") + " with an area of \(area)\(length)"
    }
  }

  /// "64 MiB"; bytes where it is no whole number of them.
  static func bytes(_ count: Int) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] where count >= 1 << shift && count % (1 << shift) == 0
    {
      return "\(count >> shift) \(unit)"
    }
    return "\(count) bytes"
  }
}
