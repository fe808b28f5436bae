/// Where figures of memory bandwidth come from.
public struct MemorySource: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    /// Reads and writes of DRAM (CAS commands) at each channel of Intel Xeon (uncore_imc_*).
    case intelServer = "intel-imc"
    /// Counters of Intel's memory controllers that are always on (uncore_imc, uncore_imc_free_running_*).
    case intelFreeRunning = "intel-free-running"
    /// Reads and writes of DRAM at each channel of AMD Zen 4 and later (amd_umc_*, Linux 6.8).
    case amdMemoryController = "amd-umc"
    /// Data between AMD's data fabric and the memory controllers (amd_df).
    case amdDataFabric = "amd-df"
    /// NVIDIA's Scalable Coherency Fabric (nvidia_scf_pmu_*).
    case nvidiaFabric = "nvidia-scf"
    /// A memory controller whose sizes the kernel's files tell, or its own list of metrics.
    case described = "described"
    /// Memory bandwidth monitoring of the CPU's cores (/sys/fs/resctrl).
    case resourceControl = "resctrl"
  }

  public var kind: Kind
  /// For people: "Intel memory controllers (uncore_imc), 12 channels".
  public var title: String
  /// What the figures leave out, in a phrase; nil where they hold all traffic of the memory.
  public var limitation: String?
  /// Sentences a reader of the figures should know.
  public var remarks: [String]

  public init(kind: Kind, title: String, limitation: String? = nil, remarks: [String] = []) {
    self.kind = kind
    self.title = title
    self.limitation = limitation
    self.remarks = remarks
  }
}
