import Linux

/// Raises SO_RCVLOWAT (socket(7)) on streams that are fast and puts it back on those that are not, so that a fast stream
/// wakes its worker for a good part of a buffer instead of for every segment, and a slow one is still seen at once. Measured in
/// docs/performance.md: it is most of the difference to a receiver that reads whatever is there.
struct LowWaterTuner {
  /// Bits per second from which a stream is fast; it is slow again below half of it.
  static let fast = 1e9
  /// Seconds between two looks.
  static let period = 0.05
  /// Seconds between two looks when nothing has come for long: many streams that are quiet must cost nothing.
  static let longestPeriod = 1.0

  /// Bytes a fast stream is to have before its worker is woken.
  private let raised: Int32
  private var lastLook: MonotonicTime
  private var period = LowWaterTuner.period
  private var streams: [Int: (bytes: UInt64, isRaised: Bool)] = [:]
  /// What the kernel made of it, by stream on which it was ever raised.
  private var inForce: [Int: Int32] = [:]

  /// - Parameter length: bytes per receive call; an eighth of it is waited for (docs/performance.md tells what else was
  ///   tried).
  init(length: Int, start: MonotonicTime) {
    raised = Int32(clamping: length / 8)
    lastLook = start
  }

  var deadline: MonotonicTime { lastLook.adding(seconds: period) }

  mutating func look(at flows: some Sequence<Flow>, now: MonotonicTime) throws(SystemCallError) {
    guard now >= deadline else { return }
    let seconds = now.seconds(since: lastLook)
    lastLook = now
    var isQuiet = true
    defer { period = isQuiet ? min(period * 2, LowWaterTuner.longestPeriod) : LowWaterTuner.period }
    for flow in flows {
      var (before, isRaised) = streams[flow.id] ?? (0, false)
      let bytes = flow.bytes
      // A mark that is raised keeps bytes waiting, and goes back at the next look.
      guard bytes != before || isRaised else { continue }
      isQuiet = false
      let rate = Double(bytes - before) * 8 / seconds
      if isRaised ? rate < LowWaterTuner.fast / 2 : rate >= LowWaterTuner.fast {
        isRaised.toggle()
        try flow.socket.setReceiveLowWater(isRaised ? raised : 1)
        if isRaised { inForce[flow.id] = try flow.socket.receiveLowWater() }
      }
      streams[flow.id] = (bytes, isRaised)
    }
  }

  /// Puts every stream back: the rest of a test may be less than a fast stream waits for.
  mutating func release(_ flows: some Sequence<Flow>) throws(SystemCallError) {
    for flow in flows where streams[flow.id]?.isRaised ?? false {
      try flow.socket.setReceiveLowWater(1)
      streams[flow.id]?.isRaised = false
    }
  }

  /// What was done, for the report; nil when nothing was.
  var note: String? {
    guard let least = inForce.values.min(), let most = inForce.values.max() else { return nil }
    let streams = inForce.count == 1 ? "one stream" : "\(inForce.count) streams"
    return
      "SO_RCVLOWAT was \(least == most ? "\(least)" : "\(least) to \(most)") bytes on \(streams) while above 1 Gb/s"
  }
}
