import BoundedJSON

/// What one side measured, sent to the other after the test (iperf_api.c, `send_results`).
public struct TestResults: Sendable, Equatable {
  /// Processor time of the sending process over the test's time, in percent of one processor: 250 is two and a half.
  public var cpuTotal: Double
  /// The share of `cpuTotal` spent in user mode.
  public var cpuUser: Double
  /// The share of `cpuTotal` spent in the kernel.
  public var cpuSystem: Double
  /// Whether the sender counts retransmits: 1 or 0, and −1 from a side that does not send.
  public var senderHasRetransmits: Int64 = -1
  /// The congestion control in use.
  public var congestionUsed: String?
  /// At most `MessageLimits.streams`, each `id` once.
  public var streams: [StreamResult]
  /// What the server printed, if the client asked for its output.
  public var serverOutputText: String?
  /// What the server printed, if the client asked for its output and the server prints JSON.
  public var serverOutputJSON: JSONValue?
  /// Our own results, under the key `zcrx_bench`, which iperf3 ignores.
  public var extras: JSONObject?

  public init(cpuTotal: Double = 0, cpuUser: Double = 0, cpuSystem: Double = 0, streams: [StreamResult]) {
    self.cpuTotal = cpuTotal
    self.cpuUser = cpuUser
    self.cpuSystem = cpuSystem
    self.streams = streams
  }
}
