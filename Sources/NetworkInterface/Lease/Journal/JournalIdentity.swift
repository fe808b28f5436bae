import Glibc
import Linux
import SystemPackage

/// What a journal is about: a device in a network namespace in one boot of the kernel. Settings survive neither a reboot
/// nor the device.
struct JournalIdentity: Sendable, Equatable {
  /// /proc/sys/kernel/random/boot_id.
  var boot: String
  /// Inode of the network namespace (namespaces(7)).
  var namespace: UInt64
  var interfaceIndex: UInt32
  /// For people, and to find the journal of a device that is gone; it may have been renamed.
  var interfaceName: String
  /// The hardware address burnt in; nil where there is none.
  var permanentAddress: String?
  var driver: String?

  /// That of the calling thread's namespace.
  static func current(of device: KernelDevice) throws(SystemCallError) -> JournalIdentity {
    let (interface, link) = try device.identity()
    return JournalIdentity(
      boot: try currentBoot(), namespace: try currentNamespace(), interfaceIndex: interface.index,
      interfaceName: interface.name, permanentAddress: link.permanentAddress, driver: device.driver(of: interface))
  }

  static func currentBoot() throws(SystemCallError) -> String { try BootIdentifier.read() }

  static func currentNamespace() throws(SystemCallError) -> UInt64 {
    var facts = stat()
    try checked("stat", to: "tell the network namespace") { stat("/proc/thread-self/ns/net", &facts) }
    return UInt64(facts.st_ino)
  }

  /// Why a journal of `other` says nothing about the device this is; nil where it is about the same. The name may differ.
  func difference(from other: JournalIdentity) -> String? {
    if boot != other.boot { return "it is of another boot" }
    if namespace != other.namespace { return "it is of another network namespace" }
    if interfaceIndex != other.interfaceIndex { return "it is of the interface with index \(other.interfaceIndex)" }
    if permanentAddress != other.permanentAddress || driver != other.driver {
      let was = [other.driver, other.permanentAddress].compactMap { $0 }.joined(separator: " ")
      return "it is of another device (\(was.isEmpty ? "unknown" : was))"
    }
    return nil
  }

  /// Every namespace and interface has one file.
  var fileName: String { "\(namespace)-\(interfaceIndex).journal" }
}
