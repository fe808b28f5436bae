import ArgumentParser
import IperfProtocol

/// A number of bytes with iperf3's suffixes: K, M, G and T are powers of 1024.
struct Bytes: ExpressibleByArgument, Sendable {
  let count: UInt64

  init?(argument: String) {
    guard let count = try? ByteQuantity.parse(argument) else { return nil }
    self.count = count
  }

  /// The count as a signed size within `range`, or a usage error that names the option.
  func size(within range: ClosedRange<Int>, _ option: String) throws -> Int {
    guard let size = Int(exactly: count), range.contains(size) else {
      throw ValidationError("\(option) takes \(range.lowerBound) to \(range.upperBound) bytes, not \(count)")
    }
    return size
  }
}

/// Bits per second with iperf3's suffixes, powers of 1000, and an optional burst: 900M, 1G/10.
struct Rate: ExpressibleByArgument, Sendable {
  let quantity: RateQuantity

  init?(argument: String) {
    guard let quantity = try? RateQuantity.parse(argument) else { return nil }
    self.quantity = quantity
  }
}

/// CPU numbers and ranges: 0,2-5.
struct CPUList: ExpressibleByArgument, Sendable {
  let cpus: [Int]
  private static let highest = 1023  // CPU_SETSIZE − 1

  init?(argument: String) {
    var cpus: [Int] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard (1...2).contains(ends.count), let first = ends.first ?? nil, let last = ends.last ?? nil,
        (0...CPUList.highest).contains(first), (first...max(first, CPUList.highest)).contains(last)
      else { return nil }
      cpus += Array(first...last)
    }
    guard Set(cpus).count == cpus.count else { return nil }
    self.cpus = cpus
  }
}
