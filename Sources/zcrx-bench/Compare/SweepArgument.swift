import ArgumentParser
import Benchmark

/// `flows=1,4,16`: kept until `validate`, so that what is wrong with it is said in its own words.
struct SweepArgument: ExpressibleByArgument {
  private let text: String

  init?(argument: String) {
    text = argument
  }

  /// - Throws: what is wrong, and what it may be.
  func wish() throws -> SweepWish {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let names = SweepSetting.allCases.map(\.rawValue).joined(separator: ", ")
    guard parts.count == 2 else {
      throw ValidationError(
        "--sweep takes settings with their values, as flows=1,4,16, and '\(text)' is none (a host goes before --sweep)")
    }
    guard let setting = SweepSetting(rawValue: String(parts[0])) else {
      throw ValidationError("--sweep does not vary '\(parts[0])'; it varies \(names)")
    }
    let values = parts[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard let wish = SweepWish(setting, values: values) else {
      throw ValidationError("--sweep \(setting.rawValue) takes \(setting.values), each once, not '\(parts[1])'")
    }
    return wish
  }
}
