import BoundedJSON

/// What clients may ask of a server.
extension ModeStage {
  /// Why a client may not have a mode, or nobody can; nil where it can be tried.
  func refusal(of mode: ReceiveMode) -> String? {
    guard let allowed else { return "the server's operator does not let clients choose (server --allow-compare)" }
    guard allowed.contains(mode) else {
      return "the server's operator does not allow \(mode.rawValue) (server --allow-compare)"
    }
    switch mode {
    case .zc: return device == nil ? deviceAbsence : nil
    case .zcCopy: return copyingRefusal
    case .epoll, .uring, .mmap, .discard: return missing(mode)
    }
  }

  /// Why a test cannot be received as a client wishes; nil where it can be tried.
  func refusal(of wish: ReceiveWish) -> String? {
    let mode = wish.mode ?? own.mode
    if let refusal = refusal(of: mode) { return refusal }
    if wish.bufferLength != nil, !mode.isZeroCopyReceive {
      return "\(mode.rawValue) has no zero-copy memory to lay out"
    }
    if wish.placement != nil, mode == .zcCopy, device == nil {
      return "zc-copy has no queue here, so that the CPU that serves is not known before there is traffic"
    }
    return nil
  }

  private var deviceAbsence: String {
    guard basis.wish.interface != nil else { return "the server was started without an interface (-i)" }
    if own.requested == "auto", let reason = own.reason { return reason }
    return "the server was started with --mode \(own.requested), which prepares no queue; --mode zc and auto do"
  }

  private var copyingRefusal: String? {
    guard let reason = devicelessAbsence else { return nil }
    guard let device else { return "\(reason), and the server has no queue (-i) to receive by copy on" }
    guard device.steering?.method == .flow else {
      return "\(reason), and without --steer flow no stream can be kept away from the queue that would stand in"
    }
    return nil
  }

  private func missing(_ mode: ReceiveMode) -> String? {
    do throws(BenchmarkError) {
      try ReceiveModeCheck.run(mode, length: basis.length)
      return nil
    } catch {
      return error.description
    }
  }

  /// Whether RECV_ZC copies on the interface's own queue, which nothing is sent to, because the kernel has no ring without
  /// a device.
  func isAway(_ mode: ReceiveMode) -> Bool {
    mode == .zcCopy && device != nil && devicelessAbsence != nil
  }

  /// What a mode is, where its name does not say it all.
  func label(of mode: ReceiveMode) -> String? {
    isAway(mode) ? "the bound queue, flow steered away" : nil
  }

  /// The modes that a client may ask for, as `Extras.modes`.
  var offer: JSONValue {
    var offer = JSONObject()
    for mode in ReceiveMode.allCases {
      var entry = JSONObject()
      entry[Extras.unavailable] = refusal(of: mode).map { .string($0) }
      entry[Extras.label] = label(of: mode).map { .string($0) }
      offer[mode.rawValue] = .object(entry)
    }
    return .object(offer)
  }
}

extension ReceiveWish: CustomStringConvertible {
  /// "zc with buffers of 16384 bytes and placement same".
  var description: String {
    let details = [
      bufferLength.map { "buffers of \($0) bytes" }, placement.map { "placement \($0.reported.rawValue)" },
    ].compactMap { $0 }.joined(separator: " and ")
    guard let mode else { return details }
    return details.isEmpty ? mode.rawValue : "\(mode.rawValue) with \(details)"
  }
}
