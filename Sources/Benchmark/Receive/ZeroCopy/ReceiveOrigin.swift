import Glibc
import Linux
import NetworkInterface
import Report

/// Where the packets of a stream came in, as far as that was no queue of ours.
enum ReceiveOrigin: Hashable, Sendable {
  /// Another receive queue of the interface.
  case queue(Int)
  /// The peer is on this host: its packets went through no interface but lo.
  case sameHost
  /// Another interface, by its name.
  case interface(String)
  case unknown
}

/// Finds them out, once for each NAPI and host.
struct ReceiveOrigins {
  private let device: ZeroCopySetup.Device
  private var byNAPI: [UInt32: ReceiveOrigin] = [:]
  private var byHost: [String: ReceiveOrigin] = [:]

  init(_ device: ZeroCopySetup.Device) {
    self.device = device
  }

  /// - Parameters:
  ///   - placement: of a stream that came in on no queue of ours.
  ///   - peer: its other end, numeric.
  mutating func origin(_ placement: PlacementReport, peer: String) -> ReceiveOrigin {
    if let queue = placement.queue { return .queue(queue) }
    guard placement.napi == 0 else {
      let known = byNAPI[placement.napi] ?? interface(of: placement.napi)
      byNAPI[placement.napi] = known
      return known
    }
    let known = byHost[peer] ?? (isOnThisHost(peer) ? .sameHost : .unknown)
    byHost[peer] = known
    return known
  }

  private func interface(of napi: UInt32) -> ReceiveOrigin {
    let state = Reading { () throws(SystemCallError) in
      var socket = try NetdevSocket()
      return try socket.napi(napi)
    }.value
    guard let index = state?.interfaceIndex, index != device.index else { return .unknown }
    var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
    guard if_indextoname(index, &name) != nil else { return .unknown }
    return .interface(String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
  }

  /// What goes to an address of this host leaves by lo, whose index is 1 in every network namespace (LOOPBACK_IFINDEX).
  private func isOnThisHost(_ host: String) -> Bool {
    // A scope names an interface and says nothing of whose address it is.
    let address = host.prefix { $0 != "%" }
    return ((try? InterfaceIdentity.read(towards: String(address))) ?? nil)?.index == 1
  }
}
