import Report

/// How many receives brought how many bytes: sizes below 512 exactly, larger ones within a 256th, the extremes exactly. A
/// few instructions for each, where a general histogram takes as many as all else that a receive costs the program.
package struct ReceiveSizes: Sendable {
  /// Significant bits of a size that its class keeps.
  private static let bits = 9

  private var counts: [UInt64]
  private var extremes = Extremes()

  fileprivate struct Extremes {
    var least = UInt32.max
    var largest: UInt32 = 0

    @inline(__always)
    mutating func include(_ size: UInt32) {
      if size < least { least = size }
      if size > largest { largest = size }
    }
  }

  init() {
    counts = Array(repeating: 0, count: Self.class(of: .max) + 1)
  }

  /// Where a size is counted: its leading bits, behind those of all shorter sizes. Below 6400.
  @inline(__always)
  private static func `class`(of size: UInt32) -> Int {
    let higher = UInt32(truncatingIfNeeded: 32 &- bits &- (size | 1 << (bits - 1)).leadingZeroBitCount)
    return Int((higher &<< UInt32(bits - 1)) &+ size &>> higher)
  }

  /// The largest size that is counted there.
  private static func largest(in place: Int) -> UInt64 {
    let half = 1 << (bits - 1)
    let shift = max(0, place / half - 1)
    return UInt64(place - shift * half + 1) << UInt64(shift) - 1
  }

  mutating func record(_ size: UInt32) {
    recording { $0.record(size) }
  }

  /// Records what a batch brought, for the price of looking once who owns the memory.
  @inline(__always)
  mutating func recording<Result>(_ body: (inout Recorder) -> Result) -> Result {
    Self.recording(&counts, &extremes, body)
  }

  @inline(__always)
  private static func recording<Result>(
    _ counts: inout [UInt64], _ extremes: inout Extremes, _ body: (inout Recorder) -> Result
  ) -> Result {
    counts.withUnsafeMutableBufferPointer { counts in
      withUnsafeMutablePointer(to: &extremes) { extremes in
        var recorder = Recorder(counts: counts.baseAddress!, extremes: extremes)
        return body(&recorder)
      }
    }
  }

  /// Valid within `recording`. The extremes stay where they are: they hardly ever change, and registers are few.
  struct Recorder {
    fileprivate let counts: UnsafeMutablePointer<UInt64>
    fileprivate let extremes: UnsafeMutablePointer<Extremes>

    @inline(__always)
    mutating func record(_ size: UInt32) {
      counts[ReceiveSizes.class(of: size)] &+= 1
      extremes.pointee.include(size)
    }
  }

  mutating func add(_ other: ReceiveSizes) {
    for place in other.counts.indices { counts[place] &+= other.counts[place] }
    extremes.least = min(extremes.least, other.extremes.least)
    extremes.largest = max(extremes.largest, other.extremes.largest)
  }

  /// By place, for comparing two that counted the same.
  package var countsByPlace: [UInt64] { counts }

  /// Nil when nothing was recorded.
  var report: DistributionReport? {
    let total = counts.reduce(0, &+)
    guard total > 0 else { return nil }
    func size(at rank: UInt64) -> UInt64 {
      var below: UInt64 = 0
      let place = counts.firstIndex { count in
        below += count
        return below >= rank
      }
      return min(max(Self.largest(in: place ?? 0), UInt64(extremes.least)), UInt64(extremes.largest))
    }
    var report = DistributionReport(
      count: total, minimum: UInt64(extremes.least), median: size(at: (total + 1) / 2),
      percentile99: size(at: total - total / 100), maximum: UInt64(extremes.largest))
    // A place here lies within one class there: it keeps more leading bits.
    for place in counts.indices where counts[place] > 0 { report.include(counts[place], of: Self.largest(in: place)) }
    return report
  }
}
