import CLinux
import Glibc
import Linux

/// What an interface is, in the network namespace of the calling thread.
public struct InterfaceIdentity: Sendable, Equatable {
  /// The kernel's name for it, also when it was asked for by an alternative one.
  public var name: String
  public var index: UInt32
  /// Set up by the administrator (IFF_UP).
  public var isUp: Bool
  /// Bytes.
  public var mtu: Int
  /// What a software interface is: "veth", "bridge", …; nil for hardware and for lo.
  public var kind: String?
  /// The driver of the hardware behind it: "mlx5_core", "virtio_net", …; nil for software interfaces.
  public var driver: String?
  /// Receive queues the driver has room for; how many it uses is told by its channels.
  public var receiveQueueCapacity: Int

  public init(
    name: String, index: UInt32, isUp: Bool, mtu: Int, kind: String?, driver: String?, receiveQueueCapacity: Int
  ) {
    self.name = name
    self.index = index
    self.isUp = isUp
    self.mtu = mtu
    self.kind = kind
    self.driver = driver
    self.receiveQueueCapacity = receiveQueueCapacity
  }

  /// The driver behind interface `name` according to sysfs; nil where there is none. A mounted sysfs shows the network
  /// namespace it was mounted in, so that an interface whose index differs is another one.
  static func driver(of name: String, index: UInt32, classDirectory: String = "/sys/class/net") -> String? {
    guard isShown(name, index: index, classDirectory: classDirectory) else { return nil }
    return linkTarget("\(classDirectory)/\(name)/device/driver")
  }

  /// Whether sysfs shows the interface that was meant.
  static func isShown(_ name: String, index: UInt32, classDirectory: String) -> Bool {
    var number: Int64 = 0
    return zb_read_number("\(classDirectory)/\(name)/ifindex", &number) == 0 && number == Int64(index)
  }

  /// The last part of where a link of sysfs leads to.
  static func linkTarget(_ path: String) -> String? {
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = readlink(path, &target, target.count)
    guard length > 0 else { return nil }
    let path = String(decoding: target.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
    return path.split(separator: "/").last.map(String.init)
  }
}
