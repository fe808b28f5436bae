import Glibc
import Linux
import Report
import Uring

/// How a server receives at the moment. Where its operator allows it (`--allow-compare`), a client of ours may ask for another
/// mode for its test; then zero-copy queues are closed or registered again in between, while interface, rules and CPUs stay
/// the same, so that modes differ in nothing else.
///
/// It belongs to the control thread.
public final class ModeStage {
  /// What the server was started with.
  public let own: ModeChoice
  /// Modes that clients may ask for; nil where they may ask for nothing.
  public let allowed: Set<ReceiveMode>?
  public let basis: Basis
  /// The queues of the interface, registered or not; nil where the server was started without.
  let device: ZeroCopyTeam?
  /// Rings without a device, for as long as they are used.
  private(set) var deviceless: ZeroCopyTeam?
  /// How the tests to come are received; nil after a change that failed.
  private(set) var current: Setting?
  /// What the zero-copy workers that are there were made for; nil after a change that failed, when there are none.
  private var layout: Layout?
  /// Where the workers of the interface's queues run, by wish. Found out once, so that it is the same in every mode.
  private var knownPlaces: [CPUPlacementReport.Wish: [WorkerPlacementReport]] = [:]
  private lazy var support = ZeroCopySupport.discover()
  /// Why there are no rings without a device; nil where there are.
  private(set) lazy var devicelessAbsence: String? = {
    // For tests: as on kernels before 7.1.
    if getenv("ZCRX_BENCH_WITHOUT_NODEV") != nil { return "ZCRX_BENCH_WITHOUT_NODEV is set" }
    if case .absent(let reason) = support.nodev { return reason }
    return nil
  }()

  /// What the server was started with besides its mode.
  public struct Basis {
    /// How zero-copy queues are laid out.
    public var wish: ZeroCopyWish
    public var placement: CPUPlacement
    /// How receiving is to wait, as asked for; what a mode cannot do of it is left out.
    public var polling: PollingWish
    /// The same of the server's own mode.
    public var grant: PollingGrant
    /// Bytes per receive call.
    public var length: Int

    public init(
      wish: ZeroCopyWish, placement: CPUPlacement, polling: PollingWish, grant: PollingGrant, length: Int
    ) {
      self.wish = wish
      self.placement = placement
      self.polling = polling
      self.grant = grant
      self.length = length
    }
  }

  /// How one test is received.
  struct Setting: Equatable {
    var mode: ModeChoice
    var placement: CPUPlacement
    var polling: PollingGrant
    fileprivate var layout: Layout
  }

  /// What zero-copy workers are made for; two tests of the same need no change.
  fileprivate struct Layout: Equatable {
    var rings: Rings
    var bufferLength: UInt32?
    var placement: CPUPlacementReport.Wish?

    enum Rings: Equatable {
      case absent
      case ofDevice
      /// - Parameter workers: nil are the server's own.
      case deviceless(workers: Int?)
    }

    static let withoutRings = Layout(rings: .absent)
  }

  /// - Parameter team: the zero-copy workers of `own`; nil where it needs none.
  public init(own: ModeChoice, team: ZeroCopyTeam?, allowed: Set<ReceiveMode>? = nil, basis: Basis) {
    self.own = own
    self.allowed = allowed
    self.basis = basis
    let hasDevice = team?.setup.device != nil
    device = hasDevice ? team : nil
    deviceless = hasDevice ? nil : team
    layout = team == nil ? .withoutRings : Layout(rings: hasDevice ? .ofDevice : .deviceless(workers: nil))
    current = ownSetting
    if let device { knownPlaces[basis.placement.wish.reported] = device.places }
  }

  /// The zero-copy workers in use.
  var team: ZeroCopyTeam? {
    switch layout?.rings {
    case .absent, nil: nil
    case .ofDevice: device
    case .deviceless: deviceless
    }
  }

  /// The interface's queues, where clients may choose and they do not receive.
  var company: QueueCompany? {
    guard allowed != nil, let device, layout?.rings != .ofDevice, let current else { return nil }
    return QueueCompany(device, places: places(current.placement))
  }

  // MARK: Going over

  private var ownSetting: Setting {
    let rings: Layout.Rings =
      switch own.mode {
      case .zc: .ofDevice
      case .zcCopy: .deviceless(workers: nil)
      default: .absent
      }
    return Setting(mode: own, placement: basis.placement, polling: basis.grant, layout: Layout(rings: rings))
  }

  /// What a wish comes to; empty is the server's own.
  ///
  /// - Parameter streams: of the test.
  /// - Throws: why it cannot be.
  func setting(_ wish: ReceiveWish, streams: Int) throws(BenchmarkError) -> Setting {
    guard !wish.isEmpty else { return ownSetting }
    if let refusal = refusal(of: wish) { throw BenchmarkError("the client asked for \(wish): \(refusal)") }
    var setting = ownSetting
    if let placement = wish.placement {
      setting.placement = try basis.placement.with(placement)
      setting.layout.placement = placement.reported
    }
    let mode = wish.mode ?? own.mode
    if wish.mode != nil { setting.mode = mode == own.mode && mode != .zcCopy ? own : asked(mode) }
    if mode != own.mode { setting.polling = try PollingGrant(basis.polling, in: mode, isNamed: false) }
    switch mode {
    case .zc: setting.layout.rings = .ofDevice
    case .zcCopy where isAway(mode): setting.layout.rings = .ofDevice
    case .zcCopy where wish.mode != nil:
      // As many as a copying mode would start.
      let workers = device?.setup.queues.count ?? min(streams, setting.placement.cpus.count)
      setting.layout.rings = .deviceless(workers: workers)
    case .zcCopy: break
    default: setting.layout = .withoutRings
    }
    if mode.isZeroCopyReceive { setting.layout.bufferLength = wish.bufferLength }
    return setting
  }

  private func asked(_ mode: ReceiveMode) -> ModeChoice {
    ModeChoice(asked: mode, label: label(of: mode))
  }

  /// Goes over to a setting. What is not needed any more is closed before anything else is opened: two rings would share the
  /// machine's memory. After an error nothing is open, and the next test tries anew.
  func enter(_ setting: Setting) throws(BenchmarkError) {
    guard setting != current else { return }
    current = nil
    if setting.layout != layout { try rearrange(to: setting) }
    device?.steersAway = isAway(setting.mode.mode)
    current = setting
  }

  private func rearrange(to setting: Setting) throws(BenchmarkError) {
    layout = nil
    deviceless?.close()
    deviceless = nil
    let held = device?.suspend() ?? []
    if let held = held.first { throw BenchmarkError("the mode cannot be changed: \(held)") }
    var wish = basis.wish
    wish.polling = setting.polling.wish
    if let length = setting.layout.bufferLength {
      wish.bufferLength = .bytes(length)
      wish.isBufferLengthRequired = true
    }
    switch setting.layout.rings {
    case .absent: try check(setting.mode.mode)
    case .ofDevice: try resume(wish, setting)
    case .deviceless(let workers): try open(wish, workers, setting)
    }
    layout = setting.layout
  }

  private func check(_ mode: ReceiveMode) throws(BenchmarkError) {
    try ReceiveModeCheck.run(mode, length: basis.length)
  }

  private func resume(_ wish: ZeroCopyWish, _ setting: Setting) throws(BenchmarkError) {
    guard let device, let queues = device.setup.device?.queues else { return }
    var wish = wish
    wish.queues = queues.map(String.init).joined(separator: ",")
    let places = places(setting.placement)
    let result = try ZeroCopyStart.register(wish, setting.placement, support) { (setup) throws(ZeroCopyTeamError) in
      try device.resume(setup, places)
    }
    if case .failure(let refusal) = result { throw BenchmarkError(refusal.sentence) }
  }

  private func open(_ wish: ZeroCopyWish, _ workers: Int?, _ setting: Setting) throws(BenchmarkError) {
    var wish = wish
    (wish.interface, wish.queues) = (nil, nil)
    if let workers { wish.workers = workers }
    let known = device == nil ? nil : places(setting.placement)
    let result = try ZeroCopyStart.register(wish, setting.placement, support) { (setup) throws(ZeroCopyTeamError) in
      try ZeroCopyTeam(setup, known ?? ZeroCopyTeam.places(setup, setting.placement.placer))
    }
    switch result {
    case .success(let team): deviceless = team
    case .failure(let refusal): throw BenchmarkError(refusal.sentence)
    }
  }

  private func places(_ placement: CPUPlacement) -> [WorkerPlacementReport] {
    guard let device else { return [] }
    if let known = knownPlaces[placement.wish.reported] { return known }
    let places = ZeroCopyTeam.places(device.setup, placement.placer)
    knownPlaces[placement.wish.reported] = places
    return places
  }

  /// Gives queues and interface back.
  ///
  /// - Parameter afterFailure: the server never served: then the interface is put back even where it was to be kept.
  /// - Returns: what is not as it was before, in words.
  public func close(afterFailure: Bool = false) -> [ZeroCopyTeam.Leftover] {
    (deviceless?.close(afterFailure: afterFailure) ?? []) + (device?.close(afterFailure: afterFailure) ?? [])
  }
}
