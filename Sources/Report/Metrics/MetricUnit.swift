import BoundedJSON

/// The unit of a metric: how quantities of it are written and read.
public enum MetricUnit: Sendable, CaseIterable {
  /// Bits per second, powers of 1000: `90Gbps`.
  case bitsPerSecond
  /// A part of the whole, 0…1, written in percent: `50%`.
  case share
  /// CPU seconds for each GiB (2³⁰ bytes): `0.05s/GiB`.
  case secondsPerGibibyte
  /// A plain number: `0`.
  case count
  /// Bytes, powers of 1024: `64K`, `1MiB`.
  case bytes
  /// Seconds: `2s`, `50ms`, `120us`.
  case seconds
  /// Bytes for each byte: `2.1`.
  case ratio
  /// None: the metric is a name, one of `Metric.names`.
  case name

  /// A quantity of the unit, for a message about how to write one.
  public var example: String {
    switch self {
    case .bitsPerSecond: "90Gbps"
    case .share: "50%"
    case .secondsPerGibibyte: "0.05s/GiB"
    case .count: "0"
    case .bytes: "64K"
    case .seconds: "50ms"
    case .ratio: "2.1"
    case .name: "zc"
    }
  }

  /// What stands behind the number in a table's heading.
  public var heading: String {
    switch self {
    case .bitsPerSecond: "bit/s"
    case .share: "%"
    case .secondsPerGibibyte: "CPU-s/GiB"
    case .count: "count"
    case .bytes: "bytes"
    case .seconds: "s"
    case .ratio: "bytes per byte"
    case .name: "name"
    }
  }

  /// Reads a quantity; nil for anything that is none of this unit. A share may exceed the whole, which no figure does.
  public func parse(_ text: some StringProtocol) -> Double? {
    let end = text.firstIndex { !($0.isASCII && ($0.isNumber || $0 == ".")) } ?? text.endIndex
    guard let number = Self.decimal(text[..<end]), let factor = factor(of: String(text[end...])) else { return nil }
    let value = number * factor
    return value.isFinite ? value : nil
  }

  /// A value for a person, with its unit.
  public func text(_ value: Double) -> String {
    switch self {
    case .bitsPerSecond: return ScaledQuantity.shortBitRate(value)
    case .share: return "\(Self.percent(value)) %"
    case .secondsPerGibibyte: return "\(value.text(decimals: 3)) s/GiB"
    case .count: return value.text(decimals: value == value.rounded() ? 0 : 1)
    case .bytes: return "\(value.text(decimals: value == value.rounded() ? 0 : 1)) bytes"
    case .seconds where value.magnitude < 0.0995: return "\((value * 1e6).text(decimals: 0)) us"
    case .seconds: return "\(value.text(decimals: 3)) s"
    case .ratio, .name: return value.text(decimals: 2)
    }
  }

  /// 0.0 and 100.0 only where it is that.
  private static func percent(_ share: Double) -> String {
    let tenths = (share * 1000).rounded()
    let isPart = share > 0 && share < 1
    return ((isPart ? max(1, min(999, tenths)) : tenths) / 10).text(decimals: 1)
  }

  /// Digits and at most one point.
  private static func decimal(_ text: some StringProtocol) -> Double? {
    guard text.contains(where: \.isNumber), text.count <= 32 else { return nil }
    return Double(text)
  }

  private func factor(of suffix: String) -> Double? {
    switch self {
    case .bitsPerSecond:
      guard let unit = ["bps", "b/s", "bit/s", "bits/s"].first(where: { suffix.hasSuffix($0) }) else { return nil }
      return Self.prefix(suffix.dropLast(unit.count), base: 1000)
    case .share: return suffix == "%" ? 0.01 : nil
    case .secondsPerGibibyte: return suffix == "s/GiB" ? 1 : nil
    case .bytes:
      let unit = suffix.hasSuffix("iB") && suffix.count == 3 ? "iB" : suffix.hasSuffix("B") ? "B" : ""
      return Self.prefix(suffix.dropLast(unit.count), base: 1024)
    case .seconds: return ["s": 1, "ms": 1e-3, "us": 1e-6][suffix]
    case .count, .ratio: return suffix.isEmpty ? 1 : nil
    case .name: return nil
    }
  }

  private static func prefix(_ letter: some StringProtocol, base: Double) -> Double? {
    switch letter {
    case "": 1
    case "k", "K": base
    case "M": base * base
    case "G": base * base * base
    case "T": base * base * base * base
    default: nil
    }
  }
}
