/// Where a driver differs from others in what a lease does to it. What is not listed is as with most drivers, and the
/// kernel's refusal is shown where it is not.
public struct DriverPeculiarity: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// The data split is refused until hardware GRO is on.
    case splitNeedsHardwareGRO
    /// RINGS_GET tells that the split is enabled though nobody configured it, and registering asks for the latter.
    case reportsSplitUnconfigured
    /// RINGS_GET leaves the split out where the device cannot have it, and tells off or on where it can.
    case reportsSplitWherePossible
    /// The split "automatic" leaves it as it is; only "off" switches it off.
    case automaticKeepsSplit
    /// Restarting any queue gives every queue a new NAPI instance, which has forgotten what was set for the one before.
    case makesNAPIAnew
    /// Queues that cannot be restarted alone.
    case cannotRestart(queue: Int)
    /// Flow rules work while rx-ntuple-filter is off.
    case rulesWithoutNtuple
    case ringSizes(RingSizes)
    /// Payload is in the rings that ethtool calls rx-jumbo.
    case payloadInJumboRing
    /// The RSS table's size follows the number of queues.
    case tableFollowsQueues(TableSize)
  }

  public enum RingSizes: Sendable, Equatable {
    case powersOfTwo
    case roundedUpToPowersOfTwo
  }

  public enum TableSize: Sendable, Equatable {
    /// 64 entries for each 64 queues or part of them.
    case wholeBlocksOf64
    /// The power of two from twice the queues on, and at least 256.
    case twiceTheQueues

    /// Entries with `queues` queues.
    func size(queues: Int) -> Int {
      switch self {
      case .wholeBlocksOf64: (queues + 63) / 64 * 64
      case .twiceTheQueues: max(256, powerOfTwo(from: 2 * queues))
      }
    }
  }

  /// As ETHTOOL_GDRVINFO names the driver.
  public let driver: String
  public let kind: Kind
  public let reason: String
  /// Where that was read; paths are below drivers/net/ethernet of Linux.
  public let source: String

  public static let all: [DriverPeculiarity] = [
    DriverPeculiarity(
      driver: "bnxt_en", kind: .reportsSplitUnconfigured,
      reason: "aggregation rings exist either way, and they are what it reports",
      source: "Linux 7.3, broadcom/bnxt/bnxt_ethtool.c: bnxt_get_ringparam"),
    DriverPeculiarity(
      driver: "bnxt_en", kind: .tableFollowsQueues(.wholeBlocksOf64),
      reason: "P5 chips with older firmware have one table of 64 entries for each 64 rings",
      source: "broadcom/bnxt/bnxt_ethtool.c: bnxt_set_channels, bnxt_get_rxfh_indir_size"),
    DriverPeculiarity(
      driver: "gve", kind: .cannotRestart(queue: 0), reason: "queue 0 is answered with ERANGE",
      source: "Linux 7.3, google/gve/gve_main.c: gve_rx_queue_stop"),
    DriverPeculiarity(
      driver: "gve", kind: .reportsSplitWherePossible,
      reason: "a device without header buffers, the queue formats GQI and an XDP program exclude it",
      source: "Linux 7.3, google/gve/gve_ethtool.c: gve_get_ringparam, gve_header_split_supported"),
    DriverPeculiarity(
      driver: "gve", kind: .automaticKeepsSplit, reason: "it is answered with success and without a change",
      source: "Linux 7.3, google/gve/gve_main.c: gve_set_hsplit_config"),
    DriverPeculiarity(
      driver: "gve", kind: .makesNAPIAnew, reason: "its instances are added without netif_napi_add_config",
      source: "Linux 7.3, google/gve/gve_utils.c: gve_add_napi; gve_main.c: gve_turndown, gve_turnup"),
    DriverPeculiarity(
      driver: "gve", kind: .ringSizes(.powersOfTwo), reason: "other sizes are answered with EINVAL",
      source: "Linux 7.3, google/gve/gve_ethtool.c: gve_set_ringparam"),
    DriverPeculiarity(
      driver: "mlx5_core", kind: .splitNeedsHardwareGRO, reason: "the split is done by the hardware that also does GRO",
      source: "Linux 7.3, mellanox/mlx5/core/en_ethtool.c: mlx5e_set_ringparam"),
    DriverPeculiarity(
      driver: "mlx5_core", kind: .rulesWithoutNtuple,
      reason: "the feature switches accelerated RFS, which would steer other connections too; rules do not ask for it",
      source: "mellanox/mlx5/core/en_fs_ethtool.c: mlx5e_ethtool_flow_replace; en_main.c: set_feature_arfs"),
    DriverPeculiarity(
      driver: "mlx5_core", kind: .ringSizes(.roundedUpToPowersOfTwo), reason: "only their logarithm is kept",
      source: "Linux 7.3, mellanox/mlx5/core/en_ethtool.c: mlx5e_ethtool_set_ringparam"),
    DriverPeculiarity(
      driver: "mlx5_core", kind: .tableFollowsQueues(.twiceTheQueues), reason: "so that queues get about equal shares",
      source: "mellanox/mlx5/core/en/rqt.c: mlx5e_rqt_size"),
    DriverPeculiarity(
      driver: "fbnic", kind: .reportsSplitUnconfigured, reason: "it always splits, above the threshold",
      source: "Linux 7.3, meta/fbnic/fbnic_ethtool.c: fbnic_get_ringparam"),
    DriverPeculiarity(
      driver: "fbnic", kind: .ringSizes(.roundedUpToPowersOfTwo), reason: "only their logarithm is kept",
      source: "Linux 7.3, meta/fbnic/fbnic_ethtool.c: fbnic_set_ringparam"),
    DriverPeculiarity(
      driver: "fbnic", kind: .payloadInJumboRing, reason: "headers (rx-mini), payload and completions have rings each",
      source: "Linux 7.3, meta/fbnic/fbnic_ethtool.c: fbnic_get_ringparam"),
  ]

  /// What is peculiar about `driver`.
  static func of(_ driver: String?) -> [Kind] { all.filter { $0.driver == driver }.map(\.kind) }
}

extension [DriverPeculiarity.Kind] {
  /// What a driver makes of a ring size; nil where it refuses it.
  func ringSize(_ size: Int) -> Int? {
    for case .ringSizes(let sizes) in self {
      let rounded = powerOfTwo(from: size)
      return sizes == .powersOfTwo && rounded != size ? nil : rounded
    }
    return size
  }

  /// Entries of an RSS table of `size` entries once `queues` queues have become `next`.
  func tableSize(_ size: Int, queues: Int, next: Int) -> Int {
    for case .tableFollowsQueues(let rule) in self where rule.size(queues: queues) == size {
      return rule.size(queues: next)
    }
    return size
  }
}

/// The smallest power of two that is not below `number`.
private func powerOfTwo(from number: Int) -> Int {
  number <= 1 ? 1 : 1 << (Int.bitWidth - (number - 1).leadingZeroBitCount)
}
