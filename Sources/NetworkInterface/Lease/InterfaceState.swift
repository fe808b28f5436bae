import Linux

/// All of an interface that planning a lease needs, at one time.
public struct InterfaceState: Sendable, Equatable {
  public var interface: String
  /// As ETHTOOL_GDRVINFO tells, or the kind of a software interface; nil where neither is known.
  public var driver: String?
  public var link: LinkState
  /// Receive queues the driver has room for; they count where it has no channels.
  public var receiveQueueCapacity: Int
  public var channels: Reading<ChannelCounts>
  public var rings: Reading<RingParameters>
  public var features: Reading<FeatureStates>
  /// Context 0.
  public var spreading: Reading<ReceiveSideScaling>
  public var furtherSpreading: Reading<[ReceiveSideScaling]>
  public var flowRules: Reading<FlowRuleTable>
  /// Who provides a receive queue's memory, by queue.
  public var holders: [Int: String]
  /// Whether this tool is known to have switched the data split on and not back yet. Readings do not tell with every
  /// driver.
  public var splitIsOurs = false
  /// What the NAPI instances of receive queues defer, by queue; not offered where the kernel cannot set it by instance.
  public var queueDeferrals: Reading<[Int: QueueDeferral]> = .notOffered("NETDEV_CMD_NAPI_SET")
  /// What is deferred by the device's setting.
  public var deviceDeferral: Reading<NAPIDeferral> = .notOffered("napi_defer_hard_irqs")

  public init(
    interface: String, driver: String?, link: LinkState, receiveQueueCapacity: Int, channels: Reading<ChannelCounts>,
    rings: Reading<RingParameters>, features: Reading<FeatureStates>, spreading: Reading<ReceiveSideScaling>,
    furtherSpreading: Reading<[ReceiveSideScaling]>, flowRules: Reading<FlowRuleTable>, holders: [Int: String] = [:]
  ) {
    self.interface = interface
    self.driver = driver
    self.link = link
    self.receiveQueueCapacity = receiveQueueCapacity
    self.channels = channels
    self.rings = rings
    self.features = features
    self.spreading = spreading
    self.furtherSpreading = furtherSpreading
    self.flowRules = flowRules
    self.holders = holders
  }

  /// Receive queues in use.
  public var receiveQueues: Int { channels.value?.receiveQueues ?? receiveQueueCapacity }

  /// The table of context 0; empty where there is none or it is unknown.
  var table: [UInt32] { spreading.value?.table ?? [] }
}
