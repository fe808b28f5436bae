import CLibNetlink
import Glibc
import Linux
import SystemPackage

/// Tells when an interface is gone from the network namespace of the thread that opened it: removed, or moved to another.
public final class InterfaceWatch {
  /// Readable when some link has changed.
  public let descriptor: Descriptor
  private let index: UInt32

  public init(_ index: UInt32) throws(SystemCallError) {
    self.index = index
    descriptor = Descriptor(
      owning: try checked("socket", to: "watch for interfaces that go") {
        socket(AF_NETLINK, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), NETLINK_ROUTE)
      })
    var address = sockaddr_nl()
    address.nl_family = sa_family_t(AF_NETLINK)
    address.nl_groups = UInt32(RTMGRP_LINK)
    try checked("bind", to: "watch for interfaces that go") {
      withUnsafePointer(to: &address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor.number, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
        }
      }
    }
  }

  /// Whether it is gone. What the messages say is not looked at: they may be lost where many come, and what there is can
  /// be asked.
  public func isGone() -> Bool {
    var message = [UInt8](repeating: 0, count: 1)
    // A message that does not fit is cut; that some were lost (ENOBUFS) is told once.
    while recv(descriptor.number, &message, message.count, 0) >= 0 || errno == ENOBUFS || errno == EINTR {}
    let identity = Reading { () throws(SystemCallError) in
      var routes = try RouteSocket()
      return try routes.interface(index: index)
    }
    guard let found = identity.value else { return false }
    return found == nil
  }
}
