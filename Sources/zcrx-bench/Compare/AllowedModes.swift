import ArgumentParser
import Benchmark

/// The modes that clients may choose (`--allow-compare`). Text that is none is kept for `validate`: an option that works
/// without a value takes one that cannot be read for absent.
struct AllowedModes: ExpressibleByArgument, CustomStringConvertible {
  static let all = AllowedModes(text: "all", list: .all)

  private let text: String
  private let list: ModeList?

  private init(text: String, list: ModeList?) {
    self.text = text
    self.list = list
  }

  init?(argument: String) {
    self.init(text: argument, list: ModeList(argument: argument))
  }

  var modes: Set<ReceiveMode> { Set(list?.modes ?? []) }

  func validate() throws {
    guard list == nil else { return }
    throw ValidationError(
      "--allow-compare takes \(ModeList.allValueStrings.joined(separator: ", ")), or a list of modes, each once, not '\(text)'"
    )
  }

  var description: String { text }
}
