/// What is known beforehand about a driver and zero-copy receive. Nothing is concluded about drivers that are not listed:
/// the kernel tells.
public struct KnownDriver: Sendable, Equatable {
  public enum Support: Sendable, Equatable {
    /// It can restart single queues with memory from elsewhere.
    case capable
    /// It cannot; why, in a clause.
    case incapable(String)
  }

  /// As ETHTOOL_GDRVINFO or the kind of a software interface names it.
  public let name: String
  public let support: Support
  /// Where that was read.
  public let source: String

  public static func named(_ name: String) -> KnownDriver? { all.first { $0.name == name } }

  /// Drivers whose queues cannot be bound are those that set no netdev_queue_mgmt_ops (Linux 7.3), or whose device has no
  /// parent that can do DMA.
  public static let all: [KnownDriver] = [
    KnownDriver(
      name: "bnxt_en", support: .capable, source: "Linux 6.17 and 7.3, drivers/net/ethernet/broadcom/bnxt/bnxt.c"),
    KnownDriver(
      name: "gve", support: .capable, source: "Linux 6.17 and 7.3, drivers/net/ethernet/google/gve/gve_main.c"),
    KnownDriver(
      name: "mlx5_core", support: .capable,
      source: "Linux 6.17 and 7.3, drivers/net/ethernet/mellanox/mlx5/core/en_main.c"),
    KnownDriver(
      name: "fbnic", support: .capable, source: "Linux 7.0 and 7.3, drivers/net/ethernet/meta/fbnic/fbnic_txrx.c"),
    KnownDriver(name: "netkit", support: .capable, source: "Linux 7.1, drivers/net/netkit.c: a leased queue"),
    noQueueOperations("ena"), noQueueOperations("virtio_net"), noQueueOperations("ice"), noQueueOperations("idpf"),
    noQueueOperations("i40e"), noQueueOperations("eea"), noQueueOperations("bnge"),
    noMemoryAccess("lo"), noMemoryAccess("veth"), noMemoryAccess("ifb"),
    KnownDriver(
      name: "netdevsim", support: .incapable("its device cannot do DMA (refused since Linux 6.18)"),
      source: "Linux 7.3, drivers/net/netdevsim/bus.c"),
  ]

  private static func noQueueOperations(_ name: String) -> KnownDriver {
    KnownDriver(
      name: name, support: .incapable("it cannot restart a single queue with memory from elsewhere"),
      source: "Linux 7.3: the driver sets no netdev_queue_mgmt_ops")
  }

  private static func noMemoryAccess(_ name: String) -> KnownDriver {
    KnownDriver(
      name: name, support: .incapable("no device that does DMA is behind it"),
      source: "registration tried on Linux 6.18.44, 7.2.7 and 7.3.4: EOPNOTSUPP")
  }
}
