/// Lists of numbers as the kernel writes those of CPUs and NUMA nodes: "0-3,7".
public enum NumberRanges {
  /// The numbers of a list in its order; what is no such list is passed over.
  public static func numbers(in list: String) -> [Int] {
    list.split { $0 == "," || $0.isWhitespace }.flatMap { part -> [Int] in
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last,
        last < 1 << 16
      else { return [] }
      return Array(first...last)
    }
  }
}
