extension MachineUsage {
  /// Reads the text of /proc/stat.
  /// - Parameters:
  ///   - path: names the file in an error.
  ///   - ticksPerSecond: the unit of its counters, `sysconf(_SC_CLK_TCK)`.
  init(procStat text: String, path: String, ticksPerSecond: Int) throws(MeteringError) {
    guard ticksPerSecond > 0 else {
      throw .malformed(path: path, problem: "the length of a clock tick is unknown (sysconf _SC_CLK_TCK)")
    }
    var all: ProcessorTime?
    var byCPU: [Int: ProcessorTime] = [:]
    for line in text.split(separator: "\n") {
      guard line.hasPrefix("cpu") else { continue }
      let words = line.split(separator: " ")
      guard let name = words.first else { continue }
      let columns = words.dropFirst()
      if name == "cpu" {
        all = try ProcessorTime(procStat: columns, of: "all CPUs", path: path, ticksPerSecond: ticksPerSecond)
      } else if let cpu = Int(name.dropFirst(3)) {
        byCPU[cpu] = try ProcessorTime(
          procStat: columns, of: "CPU \(cpu)", path: path, ticksPerSecond: ticksPerSecond)
      }
    }
    guard let all else { throw .malformed(path: path, problem: "it has no line for all CPUs together") }
    guard !byCPU.isEmpty else { throw .malformed(path: path, problem: "it has no line for a single CPU") }
    self.init(all: all, byCPU: byCPU)
  }
}

extension ProcessorTime {
  /// user, nice, system, idle, iowait, irq, softirq, steal: every kernel since 2.6.11 writes them (proc(5)).
  private static let neededColumns = 8
  /// guest, guest_nice: since 2.6.24 and 2.6.33; already part of user and nice.
  private static let guestColumns = 8..<10
  /// What a `Double` holds exactly; thousands of CPUs need thousands of years to count as far.
  private static let mostTicks: UInt64 = 1 << 53

  fileprivate init(
    procStat words: ArraySlice<Substring>, of whom: String, path: String, ticksPerSecond: Int
  ) throws(MeteringError) {
    guard words.count >= Self.neededColumns else {
      throw .malformed(
        path: path,
        problem: "the line for \(whom) has \(words.count) numbers where \(Self.neededColumns) are needed")
    }
    var ticks: [UInt64] = []
    for word in words.prefix(Self.guestColumns.upperBound) {
      guard let number = UInt64(word) else {
        throw .malformed(path: path, problem: "'\(word.prefix(32))' is no counter")
      }
      // A difference below zero that a program printed without its sign (lxcfs).
      guard number <= Self.mostTicks else {
        throw .malformed(path: path, problem: "\(number) is more than a machine can have counted since its start")
      }
      ticks.append(number)
    }
    func seconds(_ columns: Int...) -> Double {
      columns.reduce(0) { $0 + Double(ticks[$1]) } / Double(ticksPerSecond)
    }
    self.init(
      user: seconds(0, 1), system: seconds(2), irq: seconds(5), softirq: seconds(6), steal: seconds(7),
      idle: seconds(3, 4), ioWait: seconds(4))
    let guest = ticks.dropFirst(Self.guestColumns.lowerBound)
    if !guest.isEmpty { self.guest = guest.reduce(0) { $0 + Double($1) } / Double(ticksPerSecond) }
  }
}
