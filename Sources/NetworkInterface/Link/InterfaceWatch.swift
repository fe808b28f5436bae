import CLibNetlink
import Glibc
import Linux
import SystemPackage

/// Tells when an interface is gone from the network namespace of the thread that opened it, removed or moved to another, and
/// when its carrier has been away: then the device may have been reset.
public final class InterfaceWatch {
  /// Readable when some link has changed.
  public let descriptor: Descriptor
  private let index: UInt32
  private var carrierChanges: Int?

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
    carrierChanges = link()??.carrierChanges
  }

  public enum Finding: Sendable {
    case gone
    /// The carrier is there, and was not in between.
    case cameBack
    case same
  }

  /// What has become of it. What the messages say is not looked at: they may be lost where many come, and what there is can
  /// be asked.
  public func look() -> Finding {
    var message = [UInt8](repeating: 0, count: 1)
    // A message that does not fit is cut; that some were lost (ENOBUFS) is told once.
    while recv(descriptor.number, &message, message.count, 0) >= 0 || errno == ENOBUFS || errno == EINTR {}
    guard let found = link() else { return .same }
    guard let link = found else { return .gone }
    guard link.isUp, link.hasCarrier != false, link.carrierChanges != carrierChanges else { return .same }
    carrierChanges = link.carrierChanges
    return .cameBack
  }

  /// Nil where it could not be asked.
  private func link() -> LinkState?? {
    Reading { () throws(SystemCallError) in
      var routes = try RouteSocket()
      return try routes.linkState(index: index)
    }.value
  }
}
