import Glibc
import SystemPackage
import Testing

@testable import NetworkInterface

@Suite("Driver of an interface")
struct InterfaceDriverTests {
  @Test("The driver is the name its link ends in, and only for the very interface that was asked for")
  func tree() throws {
    var template = Array("/tmp/zcrx-bench-sysfs-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
    let root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let paths = ["\(root)/eth0", "\(root)/eth0/device", "\(root)/eth0/ifindex", "\(root)/eth0/device/driver"]
    defer {
      for path in paths.reversed() where unlink(path) != 0 { rmdir(path) }
      rmdir(root)
    }
    func driver(_ name: String, index: UInt32) -> String? {
      InterfaceIdentity.driver(of: name, index: index, classDirectory: root)
    }
    #expect(driver("eth0", index: 2) == nil)
    #expect(mkdir(paths[0], 0o700) == 0 && mkdir(paths[1], 0o700) == 0)
    let file = try FileDescriptor.open(
      FilePath(paths[2]), .writeOnly, options: .create, permissions: .ownerReadWrite)
    _ = try file.closeAfter { try file.writeAll("2\n".utf8) }
    #expect(driver("eth0", index: 2) == nil)
    #expect(symlink("../../../../bus/pci/drivers/mlx5_core", paths[3]) == 0)
    #expect(driver("eth0", index: 2) == "mlx5_core")
    #expect(driver("eth0", index: 3) == nil)
    #expect(driver("eth1", index: 2) == nil)
  }
}
