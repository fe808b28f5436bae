import Linux

/// How this machine is set up, as far as it decides how fast it is. What cannot be read is nil.
public struct MachineConditions: Sendable, Equatable {
  /// What the kernel says of the processor's known flaws (sysfs, devices/system/cpu/vulnerabilities).
  public struct Flaws: Sendable, Equatable {
    /// Those the kernel works around, at a cost, and those it leaves open; names as in sysfs.
    public var mitigated: [String]
    public var vulnerable: [String]
    /// How many the processor does not have.
    public var notAffected: Int

    public init(mitigated: [String] = [], vulnerable: [String] = [], notAffected: Int = 0) {
      self.mitigated = mitigated
      self.vulnerable = vulnerable
      self.notAffected = notAffected
    }
  }

  public var flaws: Flaws?
  /// Names of the IOMMUs in use (sysfs, class/iommu); empty where there is none.
  public var iommus: [String]?
  /// Frequency governors of the CPUs, each named once; nil where the kernel does not govern (most virtual machines).
  public var governors: [String]?
  /// "on", "off", "forceoff", "notsupported", "notimplemented" (sysfs, devices/system/cpu/smt/control).
  public var simultaneousThreads: String?
  /// NUMA nodes with CPUs.
  public var numaNodes: Int?
  /// Whether the processor says that a hypervisor is there (x86: flag "hypervisor"); nil where it has no such flag.
  public var isVirtual: Bool?

  public init() {}

  /// Reads this machine's.
  public static func read() -> MachineConditions { read(root: "") }

  static func read(root: String) -> MachineConditions {
    func text(_ path: String) -> String? {
      (try? TextFile.read(root + path, limit: 1 << 16)).flatMap { text in
        text.split(whereSeparator: \.isNewline).first.map(String.init)
      }
    }
    var conditions = MachineConditions()
    let cpus = "/sys/devices/system/cpu"
    conditions.flaws = flaws(
      DirectoryListing.names(in: "\(root)\(cpus)/vulnerabilities").compactMap { name in
        text("\(cpus)/vulnerabilities/\(name)").map { (name, $0) }
      })
    // Without the class this kernel knows no IOMMU at all; with an empty one none is in use.
    if DirectoryListing.names(in: "\(root)/sys/class").contains("iommu") {
      conditions.iommus = DirectoryListing.names(in: "\(root)/sys/class/iommu")
    }
    let governors = DirectoryListing.names(in: "\(root)\(cpus)/cpufreq").filter { $0.hasPrefix("policy") }
      .compactMap { text("\(cpus)/cpufreq/\($0)/scaling_governor") }
    conditions.governors = governors.isEmpty ? nil : Set(governors).sorted()
    conditions.simultaneousThreads = text("\(cpus)/smt/control")
    let nodes = NumaTopology.read(root: root).nodes.values.filter { !$0.isEmpty }.count
    conditions.numaNodes = nodes > 0 ? nodes : nil
    conditions.isVirtual = (try? TextFile.read("\(root)/proc/cpuinfo", limit: 16_384)).flatMap(saysHypervisor)
    return conditions
  }

  /// "Not affected", "Mitigation: …", "Vulnerable…"; what reads otherwise ("Unknown: …", "KVM: …") says neither.
  private static func flaws(_ files: [(name: String, text: String)]) -> Flaws? {
    guard !files.isEmpty else { return nil }
    return Flaws(
      mitigated: files.filter { $0.text.hasPrefix("Mitigation") }.map(\.name),
      vulnerable: files.filter { $0.text.hasPrefix("Vulnerable") }.map(\.name),
      notAffected: files.filter { $0.text.hasPrefix("Not affected") }.count)
  }

  private static func saysHypervisor(_ cpuinfo: String) -> Bool? {
    guard let flags = cpuinfo.split(separator: "\n").first(where: { $0.hasPrefix("flags") }) else { return nil }
    return flags.split(whereSeparator: \.isWhitespace).contains("hypervisor")
  }
}
