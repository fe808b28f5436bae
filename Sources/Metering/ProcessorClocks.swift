import Linux

/// How fast each CPU runs now, and how often its temperature has slowed it down (sysfs, devices/system/cpu). On most
/// virtual machines the kernel tells neither.
public struct ProcessorClocks: Sendable, Equatable {
  public struct Clock: Sendable, Equatable {
    /// kHz: cpufreq's scaling_cur_freq, else cpuinfo_cur_freq, which root alone may read; nil where the kernel tells
    /// none. On x86 it is worked out from what the CPU counted in the last 20 ms or less (APERF, MPERF), and of a CPU
    /// that was idle the kernel names another frequency, or none.
    public var kilohertz: UInt32?
    /// The frequency governor, which anybody who may can change at any time; nil where the kernel does not govern.
    public var governor: String?
    /// Times the core, and its package, got too hot since boot (thermal_throttle; Intel's); nil where the kernel does not
    /// count.
    public var throttles: UInt64?

    public init(kilohertz: UInt32? = nil, governor: String? = nil, throttles: UInt64? = nil) {
      self.kilohertz = kilohertz
      self.governor = governor
      self.throttles = throttles
    }
  }

  /// Of each CPU that is on line and tells something.
  public var byCPU: [Int: Clock]

  public init(byCPU: [Int: Clock]) {
    self.byCPU = byCPU
  }

  /// More CPUs than this are not asked: at some 20 µs a file that would hold up whoever asks.
  private static let mostCPUs = 1024

  /// Reads this machine's. Where the kernel knows neither frequencies nor temperatures it opens two directories.
  public static func read() -> ProcessorClocks { read(root: "") }

  static func read(root: String) -> ProcessorClocks {
    let folder = "\(root)/sys/devices/system/cpu"
    func text(_ path: String) -> String? {
      (try? TextFile.read("\(folder)/\(path)", limit: 256)).flatMap { text in
        text.split(whereSeparator: \.isNewline).first.map(String.init)
      }
    }
    let online = (try? TextFile.read("\(folder)/online", limit: 1 << 14)).map(NumberRanges.numbers) ?? []
    let scales = DirectoryListing.names(in: "\(folder)/cpufreq").contains { $0.hasPrefix("policy") }
    let throttles = online.first.map {
      !DirectoryListing.names(in: "\(folder)/cpu\($0)/thermal_throttle").isEmpty
    }
    guard scales || throttles == true else { return ProcessorClocks(byCPU: [:]) }
    var clocks = ProcessorClocks(byCPU: [:])
    for cpu in online.prefix(mostCPUs) {
      var clock = Clock()
      if scales {
        clock.kilohertz = ["scaling_cur_freq", "cpuinfo_cur_freq"].lazy
          .compactMap { text("cpu\(cpu)/cpufreq/\($0)").flatMap { UInt32($0) } }.first { $0 > 0 }
        clock.governor = text("cpu\(cpu)/cpufreq/scaling_governor")
      }
      if throttles == true {
        let counts = ["core_throttle_count", "package_throttle_count"].compactMap { name in
          text("cpu\(cpu)/thermal_throttle/\(name)").flatMap { UInt64($0) }
        }
        clock.throttles = counts.isEmpty ? nil : counts.reduce(0, &+)
      }
      if clock != Clock() { clocks.byCPU[cpu] = clock }
    }
    return clocks
  }
}
