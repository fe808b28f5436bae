import ArgumentParser
import Benchmark

/// Receive modes as typed: `epoll,zc`, or `all`. What is none is kept for `validate`, since an option that works without a
/// value would pass over one that cannot be read.
struct ModeList: ExpressibleByArgument {
  static let all = ModeList(modes: ComparisonCampaign.allModes, isAll: true)

  /// In the order they were named.
  private(set) var modes: [ReceiveMode] = []
  let isAll: Bool
  private var fault: String?

  private init(modes: [ReceiveMode], isAll: Bool) {
    self.modes = modes
    self.isAll = isAll
  }

  init?(argument: String) {
    if argument == "all" {
      self = .all
      return
    }
    isAll = false
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let mode = ReceiveMode(rawValue: String(name)) else {
        fault = fault ?? "there is no mode '\(name)'"
        continue
      }
      if modes.contains(mode) { fault = fault ?? "\(name) is named twice" }
      modes.append(mode)
    }
  }

  /// - Parameter option: as typed, for the reader.
  /// - Throws: what is wrong with the list.
  func validate(_ option: String) throws {
    guard let fault else { return }
    let names = ComparisonCampaign.allModes.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("\(option): \(fault); it takes all, or some of \(names)")
  }
}

extension ModeList: CustomStringConvertible {
  var description: String { isAll ? "all" : modes.map(\.rawValue).joined(separator: ",") }
}
