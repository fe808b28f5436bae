/// Ranks of values, ties sharing the mean of theirs; doubled, so that they are whole numbers.
struct Ranks {
  /// In the order of the values.
  let doubled: [Int]

  init(_ values: [Double]) {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var doubled = Array(repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
      // Ranks start + 1 … end + 1 have the mean (start + end) / 2 + 1.
      for place in start...end { doubled[order[place]] = start + end + 2 }
      start = end + 1
    }
    self.doubled = doubled
  }
}
