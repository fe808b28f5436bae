import ArgumentParser
import Glibc
import Uring

extension ZeroCopyArea.Kind: ExpressibleByArgument {
  public init?(argument: String) {
    switch argument {
    case "pages": self = .pages
    case "huge": self = .hugePages
    case "dmabuf": self = .dmabuf
    default: return nil
    }
  }
}

/// Which queue, and how it is to be registered.
struct QueueArguments: ParsableArguments {
  /// The user data of events, apart from that of flows and cancellations.
  static let eventUserData: UInt64 = 1 << 63

  @Option(name: .shortAndLong, help: "The interface.")
  var interface: String?
  @Option(name: .shortAndLong, help: "Its receive queue.")
  var queue: UInt32?
  @Flag(help: "Without a device: the kernel copies.")
  var nodev = false
  @Option(help: "Bytes of the area.")
  var areaSize = 16 << 20
  @Option(help: "What the area is: pages, huge or dmabuf.")
  var area = ZeroCopyArea.Kind.pages
  @Option(help: "Bytes of a buffer; 0 for a page.")
  var rxBufLen: UInt32 = 0
  @Option(help: "Entries of the refill ring.")
  var rqEntries: UInt32 = 4096
  @Option(help: "Slots of the completion ring.")
  var cqEntries: UInt32 = 4096
  @Flag(help: "Ask for neither events nor statistics.")
  var noEvents = false
  @Flag(help: "Leave the refill ring's memory to the kernel.")
  var kernelRegion = false
  @Flag(help: "Completions of 16 and 32 bytes in one ring.")
  var mixed = false
  @Option(help: "Seconds to wait for a queue that another ring has, or had until just now.")
  var unbindingSeconds = 5.0

  func validate() throws {
    guard nodev ? interface == nil && queue == nil : interface != nil && queue != nil else {
      throw ValidationError("Give either --interface and --queue, or --nodev.")
    }
    guard areaSize > 0, unbindingSeconds >= 0, unbindingSeconds < 3600 else {
      throw ValidationError("--area-size is at least 1, --unbinding-seconds within an hour.")
    }
  }

  /// An interface that does not exist becomes index 0, which the kernel refuses with ENODEV.
  var options: ZeroCopyQueueOptions {
    ZeroCopyQueueOptions(
      source: nodev ? .noDevice : .device(interfaceIndex: if_nametoindex(interface ?? ""), queue: queue ?? 0),
      refillEntries: rqEntries, areaKind: area, areaSize: areaSize, bufferLength: rxBufLen,
      region: kernelRegion ? .kernel : .user, eventUserData: noEvents ? nil : Self.eventUserData)
  }
}
