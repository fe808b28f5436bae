extension TestResults {
  /// One stream by the account of the side that sends the results.
  public struct StreamResult: Sendable, Equatable {
    /// iperf3's number of the stream (`StreamNumbering`).
    public var id: Int
    /// Bytes sent or received. iperf3's sender leaves those of the omitted seconds out.
    public var bytes: UInt64
    /// Segments sent again; nil when this side does not send, or cannot know.
    public var retransmits: UInt64?
    /// Seconds; 0 with TCP.
    public var jitter: Double = 0
    /// Datagrams lost; 0 with TCP.
    public var errors: Int64 = 0
    /// Datagrams; 0 with TCP.
    public var packets: Int64 = 0
    /// Of `errors` and `packets`, those of the omitted seconds; nil from peers that do not tell.
    public var omitted: OmittedDatagrams?
    /// Seconds on this side's clock, at least 0; nil from peers that do not tell.
    public var startTime: Double?
    /// Seconds on this side's clock, at least `startTime`; nil from peers that do not tell.
    public var endTime: Double?

    public init(id: Int, bytes: UInt64, retransmits: UInt64? = nil, startTime: Double? = nil, endTime: Double? = nil) {
      self.id = id
      self.bytes = bytes
      self.retransmits = retransmits
      self.startTime = startTime
      self.endTime = endTime
    }

    /// Seconds the rate of this side is computed over.
    public var duration: Double? {
      guard let startTime, let endTime else { return nil }
      return endTime - startTime
    }
  }

  public struct OmittedDatagrams: Sendable, Equatable {
    public var errors: Int64
    public var packets: Int64

    public init(errors: Int64, packets: Int64) {
      self.errors = errors
      self.packets = packets
    }
  }
}
