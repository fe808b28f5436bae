import Report

/// How many completions brought how many bytes, exactly, at one increment a completion.
package struct CompletionSizes: ~Copyable {
  /// Larger completions are counted as this size, bytes; the kernel's largest buffers are 64 KiB on the drivers there are.
  package static let largest = 65_536

  package let counts: UnsafeMutablePointer<UInt64>

  init() {
    counts = .allocate(capacity: Self.largest + 1)
    counts.initialize(repeating: 0, count: Self.largest + 1)
  }

  deinit {
    counts.deallocate()
  }

  /// Counts a completion of so many bytes.
  ///
  /// Not written out where it is used: `sizes.counts[…] &+= 1` through a noncopyable member makes the thread sanitizer of
  /// Swift 6.3 emit an invalid bitcast, and the compiler abort.
  @inline(__always)
  func record(_ size: UInt64) {
    counts[Int(min(size, UInt64(Self.largest)))] &+= 1
  }

  func reset() {
    counts.update(repeating: 0, count: Self.largest + 1)
  }

  /// Completions of fewer bytes.
  func count(below size: Int) -> UInt64 {
    (0..<size).reduce(0) { $0 &+ counts[$1] }
  }

  /// Nil when nothing was counted.
  var report: DistributionReport? {
    var total: UInt64 = 0
    for size in 0...Self.largest { total &+= counts[size] }
    guard total > 0 else { return nil }
    var report = DistributionReport(count: total, minimum: 0, median: 0, percentile99: 0, maximum: 0)
    var below: UInt64 = 0
    for size in 0...Self.largest where counts[size] > 0 {
      if below == 0 { report.minimum = UInt64(size) }
      if below < (total + 1) / 2 { report.median = UInt64(size) }
      if below < total - total / 100 { report.percentile99 = UInt64(size) }
      below += counts[size]
      report.include(counts[size], of: UInt64(size))
      report.maximum = UInt64(size)
    }
    // A class must not claim to know what its samples are not told apart from: they may be as long as a buffer can be.
    if counts[Self.largest] > 0, let last = report.classes?.indices.last {
      report.classes?[last].atMost = UInt64(ZeroCopyWish.longestBuffer)
    }
    return report
  }
}
