/// The kernel's lists of CPUs: "0-3,48" (bitmap_parselist, lib/bitmap-str.c).
enum CPUMask {
  /// Above every number a kernel can be built for (NR_CPUS, 8192 on x86-64).
  private static let highest = 65_535

  /// The CPUs in ascending order, none for an empty text; nil for a text that is no such list.
  static func parse(_ text: String) -> [Int]? {
    var cpus: Set<Int> = []
    for part in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first >= 0, first <= last,
        last <= highest
      else { return nil }
      cpus.formUnion(first...last)
    }
    return cpus.sorted()
  }
}
