/// The scale and unit of an event, which turn its count into bytes
/// (Documentation/ABI/testing/sysfs-bus-event_source-devices-events).
enum EventUnit {
  private static let bytes: [String: Double] = [
    "b": 1, "byte": 1, "bytes": 1, "kib": 1024, "mib": 1_048_576, "gib": 1_073_741_824, "kb": 1000, "mb": 1_000_000,
    "gb": 1_000_000_000,
  ]

  /// Bytes for one count: "6.103515625e-5" and "MiB" are 64; nil where the unit is none of bytes or the scale no positive
  /// number.
  static func bytesPerCount(scale: String?, unit: String?) -> Double? {
    guard let unit, let size = bytes[unit.lowercased()] else { return nil }
    guard let scale else { return size }
    // The kernel's decimals are those of 2^-14 and its like, which a product with 2^20 gives back exactly.
    guard let factor = Double(scale), factor.isFinite, factor > 0 else { return nil }
    return factor * size
  }
}
