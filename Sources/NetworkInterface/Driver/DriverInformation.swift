import CKernelABI
import CLibNetlink
import Linux

/// Who drives an interface (ETHTOOL_GDRVINFO). Texts the driver leaves empty are nil.
public struct DriverInformation: Sendable, Equatable {
  public var driver: String
  public var version: String?
  public var firmware: String?
  /// Where on its bus the device is: a PCI address, for most.
  public var bus: String?

  public init(driver: String, version: String? = nil, firmware: String? = nil, bus: String? = nil) {
    self.driver = driver
    self.version = version
    self.firmware = firmware
    self.bus = bus
  }
}

extension CommandSocket {
  /// Reads who drives `interface`. Needs no privilege.
  public func driver(of interface: String) throws(SystemCallError) -> DriverInformation {
    let command = CommandBytes(ETHTOOL_GDRVINFO, size: Int(ZB_DRVINFO_SIZE))
    return DriverInformation(
      try run(command, "ETHTOOL_GDRVINFO", on: interface, to: "read the driver of \(interface)"))
  }
}

extension DriverInformation {
  init(_ command: CommandBytes) {
    func text(_ offset: Int32) -> String? {
      let text = command.text(at: offset, count: Int(ZB_DRVINFO_TEXT_SIZE))
      return text.isEmpty ? nil : text
    }
    self.init(
      driver: text(ZB_DRVINFO_DRIVER) ?? "", version: text(ZB_DRVINFO_VERSION), firmware: text(ZB_DRVINFO_FIRMWARE),
      bus: text(ZB_DRVINFO_BUS))
  }
}
