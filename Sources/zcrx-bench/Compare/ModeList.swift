import ArgumentParser
import Benchmark

/// Receive modes as typed: `epoll,zc`, or `all`.
struct ModeList: ExpressibleByArgument {
  static let all = ModeList(modes: ComparisonCampaign.allModes, isAll: true)

  /// In the order they were named.
  let modes: [ReceiveMode]
  let isAll: Bool

  private init(modes: [ReceiveMode], isAll: Bool = false) {
    self.modes = modes
    self.isAll = isAll
  }

  init?(argument: String) {
    if argument == "all" {
      self = .all
      return
    }
    var modes: [ReceiveMode] = []
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let mode = ReceiveMode(rawValue: String(name)), !modes.contains(mode) else { return nil }
      modes.append(mode)
    }
    self.init(modes: modes)
  }

  var defaultValueDescription: String { isAll ? "all" : modes.map(\.rawValue).joined(separator: ",") }

  static var allValueStrings: [String] { ["all"] + ComparisonCampaign.allModes.map(\.rawValue) }
}
