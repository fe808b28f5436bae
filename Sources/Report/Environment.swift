/// Where the run took place.
public struct Environment: Sendable, Equatable {
  public var host: String
  /// `uname -s -n -r -v -m` in one line, iperf3's `system_info`.
  public var system: String
  public var kernel: String
  public var architecture: String
  /// "unknown" where /proc/cpuinfo names none.
  public var cpuModel: String
  public var onlineCpus: Int
  /// The kernel's default congestion control.
  public var defaultCongestion: String
  /// False where the other side did not tell what identifies its machine (`server --share-environment`): host, system,
  /// kernel and CPU model are `notShared` then.
  public var isShared = true
  /// How the machine is set up; nil where that was not looked at.
  public var machine: MachineReport?
  /// The interface the run's packets went through; nil where none was found.
  public var interface: InterfaceReport?

  public init(
    host: String, system: String, kernel: String, architecture: String, cpuModel: String, onlineCpus: Int,
    defaultCongestion: String
  ) {
    self.host = host
    self.system = system
    self.kernel = kernel
    self.architecture = architecture
    self.cpuModel = cpuModel
    self.onlineCpus = onlineCpus
    self.defaultCongestion = defaultCongestion
  }

  /// What stands where a value is not told.
  public static let notShared = "not shared"

  /// The same for a peer that nobody knows: without what identifies the machine, its kernel and its weaknesses. What was
  /// measured needs none of it.
  public var withheld: Environment {
    var told = self
    told.isShared = false
    (told.host, told.system, told.kernel, told.cpuModel) = (
      Self.notShared, Self.notShared, Self.notShared, Self.notShared
    )
    told.machine?.mitigated = nil
    told.machine?.vulnerable = nil
    // The version of a driver of the kernel's own tree is the kernel's.
    told.interface?.driverVersion = nil
    told.interface?.firmware = nil
    return told
  }
}
