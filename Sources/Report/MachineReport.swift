/// How the machine is set up, as far as it decides how fast it is. What is not known is nil.
public struct MachineReport: Sendable, Equatable {
  /// Flaws of the processor that the kernel works around, and those it leaves open, by their names in sysfs; nil where
  /// the kernel does not tell.
  public var mitigated: [String]?
  public var vulnerable: [String]?
  /// IOMMUs in use by their names in sysfs; empty where there is none.
  public var iommus: [String]?
  /// Frequency governors, each once; nil where the kernel does not govern.
  public var governors: [String]?
  /// "on", "off", "forceoff", "notsupported" or "notimplemented".
  public var simultaneousThreads: String?
  public var numaNodes: Int?
  /// Whether the processor says that a hypervisor is there.
  public var isVirtual: Bool?

  public init() {}
}

/// The interface the run's packets went through, and how it is set. What is not known is nil.
public struct InterfaceReport: Sendable, Equatable {
  /// Why it is the one looked at.
  public enum Choice: String, Sendable, CaseIterable {
    /// Named with -i.
    case named
    /// The way to the peer leads through it.
    case route
  }

  /// Whether headers and payload of TCP packets go to separate buffers.
  public enum DataSplit: String, Sendable, CaseIterable {
    case on
    case off
    /// The driver's own choice.
    case automatic = "auto"
  }

  public var name: String
  public var choice: Choice
  /// Bytes.
  public var mtu: Int
  /// The driver's name, or the kind of a software interface.
  public var driver: String?
  public var driverVersion: String?
  public var firmware: String?
  /// Where on its bus the device is.
  public var bus: String?
  /// Megabits per second.
  public var speed: Int?
  public var numaNode: Int?
  /// Its group in the IOMMU, and how that treats its DMA: "DMA-FQ", "identity", …
  public var iommuGroup: Int?
  public var iommuGroupType: String?
  /// Offloads that are on, of gro, lro, tso, gso and hw_gro; nil where they were not readable.
  public var offloads: OffloadsReport?
  /// Descriptors of each receive and each transmit ring.
  public var receiveRing: Int?
  public var transmitRing: Int?
  /// What the driver says is in effect (ethtool's tcp-data-split); nil where it does not tell.
  public var dataSplit: DataSplit?
  /// Packets up to so many bytes are not split (ethtool's hds-thresh); nil where the driver has no such threshold.
  public var splitThreshold: Int?

  public init(name: String, choice: Choice, mtu: Int) {
    self.name = name
    self.choice = choice
    self.mtu = mtu
  }
}

/// Which of the offloads that join or split TCP segments are on.
public struct OffloadsReport: Sendable, Equatable {
  public var gro: Bool
  public var lro: Bool
  public var tso: Bool
  public var gso: Bool
  public var hardwareGRO: Bool

  public init(gro: Bool, lro: Bool, tso: Bool, gso: Bool, hardwareGRO: Bool) {
    self.gro = gro
    self.lro = lro
    self.tso = tso
    self.gso = gso
    self.hardwareGRO = hardwareGRO
  }
}
