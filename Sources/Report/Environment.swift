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
}
