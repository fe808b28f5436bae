import Linux

/// How often interrupts were delivered, over all CPUs (/proc/interrupts).
public enum InterruptCounts {
  /// By the interrupts' numbers; empty where the file cannot be read.
  public static func read(_ path: String = "/proc/interrupts") -> [UInt32: UInt64] {
    let text = Reading { () throws(SystemCallError) in try TextFile.read(path, limit: 1 << 22) }.value ?? ""
    var counts: [UInt32: UInt64] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard let first = words.first, first.hasSuffix(":"), let number = UInt32(first.dropLast()) else { continue }
      counts[number] = words.dropFirst().lazy.prefix { UInt64($0) != nil }.reduce(0) { $0 &+ (UInt64($1) ?? 0) }
    }
    return counts
  }
}
