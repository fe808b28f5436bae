import NetworkInterface
import Uring

/// Zero-copy receive as asked for on the command line.
public struct ZeroCopyWish: Sendable, Equatable {
  /// Bytes of one buffer.
  public enum BufferLength: Sendable, Equatable {
    /// A page, or what the driver takes by itself.
    case standard
    case bytes(UInt32)
    /// The most that kernel, driver and area take, up to `ZeroCopyWish.longestBuffer`.
    case longest
  }

  /// What `max` begins with, bytes.
  public static let longestBuffer: UInt32 = 1 << 20

  /// As typed with -i and -q; no interface receives without a device.
  public var interface: String?
  public var queues: String?
  /// Prepare the interface, and put it back at the end.
  public var preparesInterface = true
  /// Leave it prepared at the end.
  public var keepsInterface = false
  /// Descriptors of the interface's receive rings; nil leaves them as they are.
  public var receiveRing: Int?
  public var steering = SteeringMethod.flow
  /// The server's, for `SteeringMethod.port`.
  public var port: UInt16 = 0
  public var areaKind = ZeroCopyArea.Kind.pages
  /// Bytes; nil computes it.
  public var areaBytes: Int?
  public var bufferLength = BufferLength.standard
  /// No other length will do.
  var isBufferLengthRequired = false
  public var refillEntries: UInt32?
  public var completionEntries: UInt32?
  public var mixedCompletions = false
  public var refillMemory = ZeroCopyQueueOptions.Region.user
  /// SO_RCVBUF of every stream; nil leaves it to the kernel.
  public var receiveBuffer: Int32?
  /// How the rings wait; what this kernel cannot do has been left out.
  public var polling = PollingWish()
  /// What NAPI of the queues is to defer.
  public var deferral = NAPIDeferral()
  /// Without a device: rings, and so workers.
  public var workers = 1

  public init(interface: String?, queues: String?) {
    self.interface = interface
    self.queues = queues
  }
}
