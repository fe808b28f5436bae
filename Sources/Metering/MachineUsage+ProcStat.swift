extension MachineUsage {
  /// The columns of a CPU's line this type needs: user, nice, system, idle, iowait, irq, softirq, steal. Every kernel
  /// since 2.6.11 writes them; the guest columns behind them are already part of user and nice (proc(5)).
  private static let neededColumns = 8

  /// Reads the text of /proc/stat.
  /// - Parameters:
  ///   - path: names the file in an error.
  ///   - ticksPerSecond: the unit of its counters, `sysconf(_SC_CLK_TCK)`.
  init(procStat text: String, path: String, ticksPerSecond: Int) throws(MeteringError) {
    guard ticksPerSecond > 0 else {
      throw .malformed(path: path, problem: "the length of a clock tick is unknown (sysconf _SC_CLK_TCK)")
    }
    var total: [UInt64]?
    var cpus = 0
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard let name = words.first, name.hasPrefix("cpu") else { continue }
      if name == "cpu" {
        total = try Self.columns(words.dropFirst(), path: path)
      } else if Int(name.dropFirst(3)) != nil {
        cpus += 1
      }
    }
    guard let total else { throw .malformed(path: path, problem: "it has no line for all CPUs together") }
    guard cpus > 0 else { throw .malformed(path: path, problem: "it has no line for a single CPU") }

    func seconds(_ columns: Int...) -> Double {
      columns.reduce(0) { $0 + Double(total[$1]) } / Double(ticksPerSecond)
    }
    self.init(
      cpus: cpus, user: seconds(0, 1), system: seconds(2), irq: seconds(5), softirq: seconds(6), steal: seconds(7),
      idle: seconds(3, 4))
  }

  private static func columns(_ words: ArraySlice<Substring>, path: String) throws(MeteringError) -> [UInt64] {
    guard words.count >= neededColumns else {
      throw .malformed(
        path: path,
        problem: "the line for all CPUs has \(words.count) numbers where \(neededColumns) are needed")
    }
    var numbers: [UInt64] = []
    for word in words.prefix(neededColumns) {
      guard let number = UInt64(word) else {
        throw .malformed(path: path, problem: "'\(word.prefix(32))' is no counter")
      }
      numbers.append(number)
    }
    return numbers
  }
}
