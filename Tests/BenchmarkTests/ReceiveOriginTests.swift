import Linux
import NetworkInterface
import Report
import Testing

@testable import Benchmark

@Suite("Where packets came in that no queue of ours received")
struct ReceiveOriginTests {
  private func origin(napi: UInt32, queue: Int? = nil, peer: String = "192.0.2.1", of index: UInt32 = 1)
    -> ReceiveOrigin
  {
    var origins = ReceiveOrigins(ZeroCopySetup.Device(name: "of this test", index: index, queues: [1]))
    let placement = PlacementReport(napi: napi, queue: queue, isOurs: false)
    let first = origins.origin(placement, peer: peer)
    #expect(origins.origin(placement, peer: peer) == first, "once more")
    return first
  }

  @Test("A queue that is known is that queue; a peer with an address of this host comes over lo, any other does not")
  func hosts() {
    #expect(origin(napi: 7, queue: 3) == .queue(3))
    #expect(origin(napi: 0, peer: "127.0.0.1") == .sameHost)
    #expect(origin(napi: 0, peer: "127.8.9.10") == .sameHost)
    // TEST-NET-1 is nobody's (RFC 5737), and neither is what is no address.
    #expect(origin(napi: 0, peer: "192.0.2.1") == .unknown)
    #expect(origin(napi: 0, peer: "unknown") == .unknown)
  }

  /// A NAPI instance of this machine; nil where the kernel tells of none.
  private static let napi: (id: UInt32, interface: InterfaceIdentity)? = {
    guard let eth0 = try? InterfaceIdentity.read("eth0") else { return nil }
    let states = Reading { () throws(SystemCallError) in
      var socket = try NetdevSocket()
      return try socket.napis(of: eth0.index)
    }
    return states.value?.first.map { ($0.id, eth0) }
  }()

  @Test(
    "A NAPI of another interface names it, one of our own or of nobody does not", .enabled(if: napi != nil, "no eth0"))
  func interfaces() throws {
    let (id, interface) = try #require(Self.napi)
    #expect(origin(napi: id) == .interface("eth0"))
    #expect(origin(napi: id, of: interface.index) == .unknown)
    #expect(origin(napi: .max) == .unknown)
  }
}
