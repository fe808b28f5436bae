import Linux
import SystemPackage
import Testing

@testable import NetworkInterface

@Suite("What an interface counts during a run")
struct InterfaceActivityTests {
  private func activity(
    packets: UInt64, queues: [QueueStatistics], pools: [PagePoolStatistics] = []
  ) -> InterfaceActivity {
    var link = LinkStatistics()
    link.receivedPackets = packets
    return InterfaceActivity(
      link: .known(link), queues: .known(queues), pools: .known([]), poolStatistics: .known(pools))
  }

  private func queue(
    _ number: Int, _ packets: UInt64, _ direction: QueueDirection = .receive
  ) -> QueueStatistics {
    QueueStatistics(queue: number, direction: direction, counters: [.receivedPackets: packets])
  }

  @Test("Differences are taken queue by queue and direction by direction; what was not there before is left out")
  func differences() {
    let before = activity(packets: 10, queues: [queue(1, 5, .transmit), queue(0, 100), queue(1, 7)])
    let after = activity(
      packets: 25, queues: [queue(0, 101), queue(1, 17), queue(1, 6, .transmit), queue(2, 1000)])
    let spent = after.since(before)
    #expect(spent.link.value?.receivedPackets == 15)
    #expect(spent.queues.value == [queue(0, 1), queue(1, 10), queue(1, 1, .transmit)])
    #expect(!spent.wasReset)
  }

  @Test("Counters that stepped back are left out and said")
  func reset() {
    let before = activity(packets: 10, queues: [queue(0, 100), queue(1, 7)])
    let spent = activity(packets: 20, queues: [queue(0, 3), queue(1, 9)]).since(before)
    #expect(spent.queues.value == [queue(1, 2)])
    #expect(spent.wasReset)
    let link = activity(packets: 9, queues: []).since(before)
    #expect(link.link.value == nil)
    #expect(link.wasReset)
  }

  @Test("What was not known at the beginning is not known at the end, and says so")
  func unknownBefore() {
    var before = activity(packets: 10, queues: [])
    before.queues = .notOffered("NETDEV_CMD_QSTATS_GET")
    before.link = .notOffered("RTM_GETLINK")
    let spent = activity(packets: 11, queues: [queue(0, 5)]).since(before)
    #expect(spent.queues == .notOffered("NETDEV_CMD_QSTATS_GET"))
    #expect(spent.link == .notOffered("RTM_GETLINK"))
    var after = activity(packets: 12, queues: [])
    after.queues = .notOffered("gone")
    #expect(after.since(activity(packets: 1, queues: [])).queues == .notOffered("gone"))
  }

  @Test("A link's counters stand where struct rtnl_link_stats64 has them (constructed)")
  func linkMessage() {
    let header = [UInt8](repeating: 0, count: 16)
    let numbers = (0..<24).flatMap { NetlinkMessageBytes.bytes(UInt64($0 + 1)) }
    let message = header + NetlinkMessageBytes.attribute(23, numbers)
    var expected = LinkStatistics()
    expected.receivedPackets = 1
    expected.sentPackets = 2
    expected.receivedBytes = 3
    expected.sentBytes = 4
    expected.receiveErrors = 5
    expected.sendErrors = 6
    expected.receiveDrops = 7
    expected.sendDrops = 8
    expected.receiveMisses = 16
    #expect(LinkStatistics(link: message[...]) == expected)
    #expect(LinkStatistics(link: header[...]) == nil)
    for length in 0..<message.count - 72 { #expect(LinkStatistics(link: message.prefix(length)) == nil) }
  }

  @Test("The way to this machine leads through lo, and to a scope's interface through that one")
  func ways() throws {
    #expect(try InterfaceIdentity.read(towards: "127.0.0.1")?.name == "lo")
    #expect(try InterfaceIdentity.read(towards: "::1")?.name == "lo")
    #expect(try InterfaceIdentity.read(towards: "fe80::1%lo")?.name == "lo")
    #expect(try InterfaceIdentity.read(towards: "fe80::1%none") == nil)
    for nonsense in ["", "%", "localhost", "127.0.0.1.1", "::1::"] {
      #expect(try InterfaceIdentity.read(towards: nonsense) == nil)
    }
  }

  @Test("lo counts, and is described, by what the running kernel has")
  func loopback() throws {
    let identity = try #require(try InterfaceIdentity.read(towards: "127.0.0.1"))
    let before = InterfaceActivity.read(identity.index)
    let spent = InterfaceActivity.read(identity.index).since(before)
    #expect(spent.link.value != nil)
    #expect(spent.queues.absence != nil || spent.queues.value != nil)
    let description = InterfaceDescription(identity)
    #expect(description.identity.mtu > 1000)
    #expect(description.features.value?.active.contains(FeatureStates.gso) == true)
    #expect(description.placement == DevicePlacement())
  }

  @Test("An interrupt's CPUs are those it goes to, or those it may go to where that is not told")
  func interruptCPUs() throws {
    let root = try TemporaryFolder()
    try root.write("smp_affinity_list", "0-3\n", in: "24")
    #expect(QueueService.cpus(of: 24, directory: root.path) == [0, 1, 2, 3])
    try root.write("effective_affinity_list", "2\n", in: "24")
    #expect(QueueService.cpus(of: 24, directory: root.path) == [2])
    try root.write("effective_affinity_list", "\n", in: "24")
    #expect(QueueService.cpus(of: 24, directory: root.path) == [0, 1, 2, 3])
    #expect(QueueService.cpus(of: 25, directory: root.path) == [])
  }

  @Test("What the kernel tells of before the affinity took effect is not believed")
  func staleInterruptCPUs() throws {
    let root = try TemporaryFolder()
    try root.write("smp_affinity_list", "1\n", in: "39")
    try root.write("effective_affinity_list", "2\n", in: "39")
    #expect(QueueService.cpus(of: 39, directory: root.path) == [1])
    try root.write("effective_affinity_list", "1\n", in: "39")
    #expect(QueueService.cpus(of: 39, directory: root.path) == [1])
    // Where nothing is told of the affinity, there is nothing that contradicts.
    #expect(InterruptAffinity(number: 39, allowed: [], effective: [2]).serving == [2])
    #expect(InterruptAffinity(number: 39, allowed: [0, 1], effective: [0, 2]).serving == [0, 1])
  }

  @Test("Queues of an interface without NAPI have nobody known who serves them")
  func services() throws {
    let identity = try #require(try InterfaceIdentity.read(towards: "127.0.0.1"))
    #expect(QueueService.read([0, 5], of: identity.index) == [QueueService(queue: 0), QueueService(queue: 5)])
  }
}
