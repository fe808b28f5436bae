import IperfProtocol
import Report

/// A setting that `client --sweep` can vary.
public enum SweepSetting: String, CaseIterable, Sendable {
  /// Streams at once.
  case flows
  /// Bytes per send call.
  case length
  /// Bytes of a buffer of the zero-copy area.
  case bufferLength = "rx-buf-len"
  /// Where the server's workers run, relative to the CPU that serves their packets.
  case placement
  /// How the server receives.
  case mode

  /// What its values are, for a message.
  public var values: String {
    switch self {
    case .flows: "1 to 128 streams"
    case .length: "1 byte to 1M per send call"
    case .bufferLength: "4K to 1M bytes of a buffer, powers of two"
    case .placement: "same or other"
    case .mode: ReceiveMode.allCases.map(\.rawValue).joined(separator: ", ")
    }
  }

  /// - Returns: false where `text` is none of its values.
  public func set(_ text: String, in variation: inout TestVariation) -> Bool {
    switch self {
    case .flows:
      guard let count = Int(text), ParameterLimits.parallel.contains(count) else { return false }
      variation.streams = count
    case .length:
      guard let length = SweepSetting.bytes(text), ParameterLimits.length.contains(length) else { return false }
      variation.length = length
    case .bufferLength:
      guard let length = SweepSetting.bytes(text), (4096...1 << 20).contains(length), length.nonzeroBitCount == 1
      else { return false }
      variation.bufferLength = length
    case .placement:
      guard let placement = ClientConfiguration.ReceiverPlacement(rawValue: text) else { return false }
      variation.placement = placement
    case .mode:
      guard let mode = ReceiveMode(rawValue: text) else { return false }
      variation.mode = mode
    }
    return true
  }

  private static func bytes(_ text: String) -> Int? {
    (try? ByteQuantity.parse(text)).flatMap { Int(exactly: $0) }
  }
}

/// One axis of a sweep, checked: a setting and at least one value of it.
public struct SweepWish: Sendable, Equatable {
  public let setting: SweepSetting
  /// As typed, each once.
  public let values: [String]

  /// Nil where one of the values is none of the setting's, or is there twice, as `64K` and `65536`.
  public init?(_ setting: SweepSetting, values: [String]) {
    var variations: [TestVariation] = []
    for value in values {
      var variation = TestVariation()
      guard setting.set(value, in: &variation), !variations.contains(variation) else { return nil }
      variations.append(variation)
    }
    guard !values.isEmpty else { return nil }
    self.setting = setting
    self.values = values
  }

  var axis: SweepAxis { SweepAxis(name: setting.rawValue, values: values) }
}
