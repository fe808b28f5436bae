import Linux
import NetworkInterface

/// What `zcrx-bench server` was asked for.
public struct ServerConfiguration: Sendable {
  /// 0 takes any free port.
  public var port: UInt16 = 5201
  /// Address or name to listen on; nil listens on every address.
  public var bindAddress: String?
  /// nil listens on both families where the machine has them.
  public var family: SocketAddress.Family?
  /// End after one test.
  public var oneOff = false
  /// Seconds a test may last; nil sets no limit.
  public var durationLimit: Double?
  /// Bytes a test may bring; nil sets no limit.
  public var byteLimit: UInt64?
  public var mode: ModeChoice
  public var placement: CPUPlacement
  /// Seconds between interval reports; 0 gives none.
  public var interval: Double = 1
  public var verify = false
  /// How receiving waits.
  public var polling = PollingGrant()
  /// What NAPI of the queues was asked to defer.
  public var deferral = NAPIDeferral()
  /// Count the traffic of the machine's memory, where it can be counted.
  public var metersMemory = true
  /// Seconds without a byte after which a peer is given up; 0 waits for ever on a running test (never on a handshake).
  public var idleTimeout: Double = 30
  /// Receive connections that do not speak iperf3's protocol.
  public var receivesRaw = true
  /// SO_RCVBUF in bytes; nil leaves it to the kernel.
  public var receiveBuffer: Int32?
  /// Bytes per receive call.
  public var length = ServerConfiguration.defaultLength
  /// As typed with -i and -q.
  public var interface: String?
  public var queues: String?
  /// The server's output is JSON, so an iperf3 client that asks for it gets JSON.
  public var reportsJSON = false
  /// Tell clients which machine this is: host name, kernel, CPU model and the CPU's flaws.
  public var sharesEnvironment = false
  public var toolVersion: String

  public init(mode: ModeChoice, placement: CPUPlacement, toolVersion: String) {
    self.mode = mode
    self.placement = placement
    self.toolVersion = toolVersion
  }

  public static let defaultLength = 524_288

  /// Seconds a peer may take for each step of a handshake.
  var handshakeTimeout: Double { idleTimeout > 0 ? min(idleTimeout, 10) : 10 }
}
