import Report

extension TransmitReport {
  /// Adds up the streams of a test.
  init(_ streams: [(stream: SendStream, account: SendAccount?)], choice: SendChoice) {
    self.init(
      handover: choice.method.handover,
      retries: streams.reduce(0) { $0 &+ $1.stream.counters.retries.load(ordering: .relaxed) })
    switch handover {
    case .pages: break
    case .copied: copiedBytes = streams.reduce(0) { $0 &+ $1.stream.bytes }
    case .notified: add(streams.compactMap(\.account), isProbing: choice.isProbing)
    }
  }

  private mutating func add(_ accounts: [SendAccount], isProbing: Bool) {
    func sum(_ figure: KeyPath<SendAccount, UInt64>) -> UInt64 { accounts.reduce(0) { $0 &+ $1[keyPath: figure] } }
    zeroCopiedBytes = sum(\.zeroCopied)
    copiedBytes = sum(\.copied) &+ sum(\.copiedByCalls)
    unsettledBytes = sum(\.unsettled)
    notifications = sum(\.notified)
    copiedNotifications = sum(\.notifiedCopied)
    refusals = sum(\.refusals)
    guard isProbing else { return }
    let reasons = accounts.compactMap(\.reasonToWrite)
    streamsWriting = reasons.count
    reasonToWrite = reasons.first
  }

  /// What a reader must know to judge the figures.
  func notes(on way: SendChoice.Way) -> [String] {
    guard let copied = copiedNotifications, let all = notifications, copied > 0 else { return [] }
    return ["zero-copy transmit was copied by the kernel (\(way.name)): \(copied) of \(all) notifications say so"]
  }
}

extension SendMethod {
  fileprivate var handover: TransmitReport.Handover {
    switch self {
    case .write, .uring: .copied
    case .sendfile, .splice: .pages
    case .msgZeroCopy, .uringZeroCopy: .notified
    }
  }
}

extension SendChoice.Way {
  fileprivate var name: String {
    switch self {
    case .loopback: "loopback"
    case .veth(let name): "veth \(name)"
    case .device(let name, let driver): "\(name), \(driver)"
    case .unknown: "on an interface that is not known"
    }
  }
}
