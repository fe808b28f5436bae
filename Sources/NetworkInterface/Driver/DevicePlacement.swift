import CLinux
import Glibc
import Linux

/// Where in the machine the hardware behind an interface sits (sysfs).
public struct DevicePlacement: Sendable, Equatable {
  /// Whether sysfs shows the interface; where it does not, nothing follows from what is nil.
  public var isShown: Bool
  /// Nil where the machine has one node only, or does not tell.
  public var numaNode: Int?
  /// Number of its group in the IOMMU; nil where its DMA is not translated.
  public var iommuGroup: Int?

  public init(numaNode: Int? = nil, iommuGroup: Int? = nil, isShown: Bool = true) {
    self.isShown = isShown
    self.numaNode = numaNode
    self.iommuGroup = iommuGroup
  }

  /// Empty for software interfaces, and where the mounted sysfs is that of another network namespace.
  public static func read(
    _ name: String, index: UInt32, classDirectory: String = "/sys/class/net"
  ) -> DevicePlacement {
    let device = "\(classDirectory)/\(name)/device"
    guard InterfaceIdentity.isShown(name, index: index, classDirectory: classDirectory) else {
      return DevicePlacement(isShown: false)
    }
    // A virtio device has neither; the one it is on has both.
    for folder in [device, "\(device)/.."] {
      var node: Int64 = -1
      let isNodeKnown = zb_read_number("\(folder)/numa_node", &node) == 0 && node >= 0
      let group = InterfaceIdentity.linkTarget("\(folder)/iommu_group").flatMap { Int($0) }
      if isNodeKnown || group != nil {
        return DevicePlacement(numaNode: isNodeKnown ? Int(node) : nil, iommuGroup: group)
      }
    }
    return DevicePlacement()
  }
}
