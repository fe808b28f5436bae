import ArgumentParser
import Benchmark
import Uring

/// How the memory of zero-copy receive is laid out.
struct ZeroCopyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Memory packets land in: pages, huge (2 MiB pages), or dmabuf (nothing can be copied into it).", valueName: "kind"
    ))
  var area: Area?

  @Flag(name: .long, help: "The same as --area huge.")
  var hugepages = false

  @Option(
    help: ArgumentHelp(
      "Bytes of it for each queue (K, M, G). (default: computed from socket buffers and receive ring)",
      valueName: "bytes"
    ))
  var areaSize: Bytes?

  @Option(
    help: ArgumentHelp(
      "Bytes of one buffer: a power of two from 4K up, or max. (default: a page)", valueName: "bytes"))
  var rxBufLen: BufferLength?

  @Option(
    help: ArgumentHelp("Entries of the refill ring, up to 32768. (default: one for each buffer)", valueName: "count"))
  var rqEntries: UInt32?

  @Option(
    help: ArgumentHelp(
      "Entries of the completion queue, up to 65536. (default: one for each buffer)", valueName: "count"))
  var cqEntries: UInt32?

  @Option(help: ArgumentHelp("Completions: wide (32 bytes each) or mixed (16 and 32).", valueName: "kind"))
  var cqe: CompletionKind?

  @Option(help: ArgumentHelp("Whose memory the refill ring lies in: user or kernel.", valueName: "owner"))
  var refillMemory: RefillMemory?

  @Flag(name: .long, help: "Change nothing on the interface: it was set up by hand.")
  var noNicSetup = false

  @Flag(name: .long, help: "Leave the interface set up at the end; zcrx-bench nic restore puts it back.")
  var keepNic = false

  @Option(
    help: ArgumentHelp(
      "How flows reach the queues: flow (a rule for each), port (one for the port), or none (it is yours). (default: flow)",
      valueName: "method"))
  var steer: SteeringMethod?

  @Option(help: ArgumentHelp("Descriptors of each receive ring of the interface.", valueName: "count"))
  var rxRing: Int?

  enum Area: String, ExpressibleByArgument, CaseIterable {
    case pages
    case huge
    case dmabuf

    var kind: ZeroCopyArea.Kind {
      switch self {
      case .pages: .pages
      case .huge: .hugePages
      case .dmabuf: .dmabuf
      }
    }
  }

  enum CompletionKind: String, ExpressibleByArgument, CaseIterable {
    case wide
    case mixed
  }

  enum RefillMemory: String, ExpressibleByArgument, CaseIterable {
    case user
    case kernel
  }

  /// `max`, or bytes.
  struct BufferLength: ExpressibleByArgument {
    let wish: ZeroCopyWish.BufferLength

    init?(argument: String) {
      if argument == "max" {
        wish = .longest
      } else if let bytes = Bytes(argument: argument), let length = UInt32(exactly: bytes.count),
        length >= 4096, length <= 1 << 30, length.nonzeroBitCount == 1
      {
        wish = .bytes(length)
      } else {
        return nil
      }
    }
  }

  /// Whether one was given that says what is done with an interface.
  var isAboutInterface: Bool { noNicSetup || keepNic || rxRing != nil || steer != nil }

  /// Whether one was given that lays memory out.
  var isAboutMemory: Bool {
    area != nil || hugepages || areaSize != nil || rxBufLen != nil || rqEntries != nil || cqEntries != nil || cqe != nil
      || refillMemory != nil
  }

  /// Whether any of them was given.
  var isGiven: Bool { isAboutMemory || isAboutInterface }

  func validate() throws {
    if hugepages, let area, area != .huge {
      throw ValidationError("--hugepages and --area \(area.rawValue) exclude each other")
    }
    _ = try areaSize?.size(within: 65_536...(1 << 40), "--area-size")
    if let rqEntries, !(1...32_768).contains(rqEntries) {
      throw ValidationError("--rq-entries takes 1 to 32768, not \(rqEntries)")
    }
    if let rxRing, rxRing < 1 { throw ValidationError("--rx-ring takes at least 1, not \(rxRing)") }
    if noNicSetup, keepNic || rxRing != nil || steer == .port || steer == .flow {
      throw ValidationError("--no-nic-setup changes nothing: there is nothing to keep, no ring to set, and no rule")
    }
    if let cqEntries, !(1...65_536).contains(cqEntries) {
      throw ValidationError("--cq-entries takes 1 to 65536, not \(cqEntries)")
    }
  }

  func wish(interface: String?, queues: String?, receiveBuffer: Int32?) -> ZeroCopyWish {
    var wish = ZeroCopyWish(interface: interface, queues: queues)
    wish.areaKind = area?.kind ?? (hugepages ? .hugePages : .pages)
    wish.areaBytes = areaSize.map { Int(clamping: $0.count) }
    wish.bufferLength = rxBufLen?.wish ?? .standard
    wish.refillEntries = rqEntries
    wish.completionEntries = cqEntries
    wish.mixedCompletions = cqe == .mixed
    wish.refillMemory = refillMemory == .kernel ? .kernel : .user
    wish.receiveBuffer = receiveBuffer
    wish.preparesInterface = !noNicSetup
    wish.keepsInterface = keepNic
    wish.receiveRing = rxRing
    wish.steering = steer ?? .flow
    return wish
  }
}

extension SteeringMethod: ExpressibleByArgument {}
