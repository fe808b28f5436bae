import SystemPackage
import Testing

@testable import NetworkInterface

@Suite("Interfaces that are put upon others")
struct StackedInterfaceTests {
  private typealias Link = StackedInterface.Link

  private static let links = [
    Link(index: 1, name: "lo"), Link(index: 2, name: "eth0", master: 4), Link(index: 3, name: "eth1", master: 4),
    Link(index: 4, name: "bond0", kind: "bond"), Link(index: 5, name: "bond0.7", kind: "vlan", lower: 4),
    Link(index: 6, name: "mac0", kind: "macvlan", lower: 9), Link(index: 7, name: "br0", kind: "bridge"),
    Link(index: 8, name: "veth0", kind: "veth", lower: 10), Link(index: 9, name: "eth2"),
    Link(index: 10, name: "veth1", kind: "veth", lower: 8, master: 7),
    Link(index: 11, name: "far.5", kind: "vlan", lower: nil),
    Link(index: 12, name: "loop0", kind: "vlan", lower: 13), Link(index: 13, name: "loop1", kind: "vlan", lower: 12),
  ]

  @Test(
    "The devices at the bottom are named",
    arguments: [
      (4, "bond0 is a bond over eth0, eth1 and has no queues of its own", "-i eth0 or -i eth1"),
      (5, "bond0.7 is a VLAN over eth0, eth1 and has no queues of its own", "-i eth0 or -i eth1"),
      (6, "mac0 is a macvlan over eth2 and has no queues of its own", "-i eth2"),
      (7, "br0 is a bridge over veth1 and has no queues of its own", "-i veth1"),
      (11, "far.5 is a VLAN over no device of this network namespace and has no queues of its own", nil),
      (12, "loop0 is a VLAN over no device of this network namespace and has no queues of its own", nil),
    ] as [(UInt32, String, String?)])
  func named(index: UInt32, what: String, fix: String?) throws {
    let stacked = try #require(StackedInterface(index, among: Self.links))
    #expect(stacked.what == what)
    #expect(stacked.fix == fix)
  }

  @Test("A device, a peer and an index that is none are put upon nothing", arguments: [1, 2, 8, 10, 99] as [UInt32])
  func none(index: UInt32) {
    #expect(StackedInterface(index, among: Self.links) == nil)
  }

  @Test("A queue that it does not have is one of the device below")
  func range() throws {
    let stacked = try #require(StackedInterface(6, among: Self.links))
    #expect(
      InterfaceProblem.queueOfLowerDevice(queue: 1, stacked).description
        == "there is no queue 1: mac0 is a macvlan over eth2 and has no queues of its own — -i eth2")
  }
}
