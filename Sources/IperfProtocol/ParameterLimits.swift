/// What a test may ask for, as stock iperf3 3.21 permits it (iperf.h, `MAX_…`); the command line and the parameters of
/// a peer share these.
public enum ParameterLimits {
  /// Streams of one test.
  public static let parallel = 1...128
  /// Seconds; 0 means until told to stop.
  public static let time = 0...86400
  /// Seconds. iperf3 before 3.18 permits 60.
  public static let omit = 0...600
  /// Bytes of one write.
  public static let length = 1...(1 << 20)
  /// Bytes of SO_SNDBUF and SO_RCVBUF; 0 leaves the kernel's choice.
  public static let window = 0...(512 << 20)
  /// Bytes of TCP_MAXSEG; 0 leaves the kernel's choice. iperf3 before 3.21 permits 9216.
  public static let maximumSegmentSize = 0...32767
  /// Blocks sent back to back at a limited rate.
  public static let burst = 1...1000
  /// The IP type-of-service byte.
  public static let typeOfService = 0...255
  /// An IPv6 flow label (RFC 6437: 20 bits).
  public static let flowLabel = 1...0xFFFFF
  /// A processor number.
  public static let affinity = 0...1024
  /// Bytes of a title (`-T`), which stands before lines. iperf3 has no limit but that of the whole message.
  public static let titleLength = 0...256
  /// Bytes of `--extra-data`: what the message has room for.
  public static let extraDataLength = 0...(8 << 10)
  /// Bytes of a congestion control's name: TCP_CA_NAME_MAX (linux/tcp.h) is 16, its NUL included.
  public static let congestionNameLength = 1...15
}
