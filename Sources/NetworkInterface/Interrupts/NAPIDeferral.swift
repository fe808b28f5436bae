import Linux

/// How long NAPI leaves an interrupt masked (Documentation/networking/napi.rst): of one instance (Linux 6.13), or of all of
/// a device. What is nil is not set, or not known.
public struct NAPIDeferral: Sendable, Equatable {
  /// Empty polls before the interrupt is unmasked: 0 to 2^31-1. Without effect while `groFlushTimeout` is 0.
  public var deferHardIRQs: UInt32?
  /// Nanoseconds between such polls.
  public var groFlushTimeout: UInt64?

  public init(deferHardIRQs: UInt32? = nil, groFlushTimeout: UInt64? = nil) {
    self.deferHardIRQs = deferHardIRQs
    self.groFlushTimeout = groFlushTimeout
  }

  public var isEmpty: Bool { self == NAPIDeferral() }

  /// The members that `other` has too.
  func restricted(to other: NAPIDeferral) -> NAPIDeferral {
    NAPIDeferral(
      deferHardIRQs: other.deferHardIRQs == nil ? nil : deferHardIRQs,
      groFlushTimeout: other.groFlushTimeout == nil ? nil : groFlushTimeout)
  }

  /// The members that differ in `other`.
  func differing(from other: NAPIDeferral) -> NAPIDeferral {
    NAPIDeferral(
      deferHardIRQs: deferHardIRQs == other.deferHardIRQs ? nil : deferHardIRQs,
      groFlushTimeout: groFlushTimeout == other.groFlushTimeout ? nil : groFlushTimeout)
  }

  /// By the kernel's names: "defer-hard-irqs 100 gro-flush-timeout 200000".
  var words: String {
    [deferHardIRQs.map { "defer-hard-irqs \($0)" }, groFlushTimeout.map { "gro-flush-timeout \($0)" }]
      .compactMap { $0 }.joined(separator: " ")
  }
}

/// What the NAPI instance of a receive queue defers.
public struct QueueDeferral: Sendable, Equatable {
  public var napi: UInt32
  public var deferral: NAPIDeferral

  public init(napi: UInt32, _ deferral: NAPIDeferral) {
    self.napi = napi
    self.deferral = deferral
  }

  /// Of every receive queue that has an instance.
  /// - Throws: ENOSYS where the kernel cannot set it by instance.
  static func read(interface: UInt32) throws(SystemCallError) -> [Int: QueueDeferral] {
    var socket = try NetdevSocket()
    try socket.requireNAPISet()
    let queues = try socket.queues(of: interface).filter { $0.direction == .receive }
    let instances = Dictionary(try socket.napis(serving: queues).map { ($0.id, $0) }) { first, _ in first }
    var deferrals: [Int: QueueDeferral] = [:]
    for queue in queues {
      guard let state = queue.napi.flatMap({ instances[$0] }) else { continue }
      deferrals[queue.number] = QueueDeferral(
        napi: state.id,
        NAPIDeferral(deferHardIRQs: state.deferredInterrupts, groFlushTimeout: state.groFlushNanoseconds))
    }
    return deferrals
  }
}

extension NetdevSocket {
  /// Sets what a NAPI instance defers; members that are nil stay as they are. Linux 6.13.
  /// - Throws: ENOENT where there is no such instance, EPERM without CAP_NET_ADMIN in the initial user namespace.
  mutating func setNAPI(_ id: UInt32, to deferral: NAPIDeferral) throws(SystemCallError) {
    _ = try ask(
      NetdevSocket.napiSet.number, NetdevSocket.napiSet.name, to: "set NAPI \(id) to \(deferral.words)"
    ) { request throws(SystemCallError) in
      try NAPIDeferral.put(deferral, of: id, into: request)
    }
  }
}
