import CKernelABI
import Linux

/// What an interface can do with XDP (dev-get of family "netdev").
public struct NetdevDevice: Sendable, Equatable {
  /// Bits of XDP features in netdev.h's order.
  public var expressDataPathFeatures: UInt64
  /// Fragments a zero-copy AF_XDP packet may have; nil where the kernel does not tell.
  public var zeroCopySegments: Int?

  public init(expressDataPathFeatures: UInt64, zeroCopySegments: Int? = nil) {
    self.expressDataPathFeatures = expressDataPathFeatures
    self.zeroCopySegments = zeroCopySegments
  }

  private static let names = [
    "basic", "redirect", "ndo-xmit", "xsk-zerocopy", "hw-offload", "rx-sg", "ndo-xmit-sg",
  ]

  /// The names of the features, as the kernel's specification of the family has them; a bit it does not name is "bit N".
  public var expressDataPathFeatureNames: [String] {
    (0..<64).filter { expressDataPathFeatures >> $0 & 1 == 1 }.map {
      $0 < NetdevDevice.names.count ? NetdevDevice.names[$0] : "bit \($0)"
    }
  }
}

extension NetdevSocket {
  public mutating func device(_ interface: UInt32) throws(SystemCallError) -> NetdevDevice {
    let answers = try ask(
      Int32(ZB_NETDEV_CMD_DEV_GET), "NETDEV_CMD_DEV_GET", to: "read the device of interface \(interface)"
    ) { request throws(SystemCallError) in
      try request.put(Int(ZB_NETDEV_A_DEV_IFINDEX), interface)
    }
    return answers.last.map(NetdevDevice.init) ?? NetdevDevice(expressDataPathFeatures: 0)
  }
}

extension NetdevDevice {
  init(_ attributes: NetlinkAttributes) {
    self.init(
      expressDataPathFeatures: attributes.number(Int(ZB_NETDEV_A_DEV_XDP_FEATURES)) ?? 0,
      zeroCopySegments: attributes.count(Int(ZB_NETDEV_A_DEV_XDP_ZC_MAX_SEGS)))
  }
}
