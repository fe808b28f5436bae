/// Order statistics of a sample.
public enum Quantile {
  /// The quantile `share` (0…1) of values in ascending order, linear between the two nearest (Hyndman and Fan's type 7,
  /// NumPy's default); nil of no values.
  public static func of(sorted values: [Double], share: Double) -> Double? {
    guard let last = values.indices.last else { return nil }
    let place = min(max(share, 0), 1) * Double(last)
    let below = Int(place.rounded(.down))
    let rest = place - Double(below)
    guard rest > 0, below < last else { return values[below] }
    return values[below] + (values[below + 1] - values[below]) * rest
  }

  /// The middle of the values, in any order; nil of no values.
  public static func median(_ values: [Double]) -> Double? {
    of(sorted: values.sorted(), share: 0.5)
  }
}
