import CKernelABI
import Linux
import Testing

@testable import NetworkInterface

@Suite("Counters, page pools, interrupts and places of a NIC")
struct NICStateTests {
  @Test("Recorded counters of both queues of a virtio interface")
  func queueStatistics() throws {
    let statistics = RecordedAnswers.queueStatistics.compactMap { QueueStatistics(attributes($0)) }
    #expect(statistics.map(\.direction) == [.receive, .transmit])
    #expect(statistics.map(\.queue) == [0, 0])
    let receive = try #require(statistics.first?.counters)
    #expect(Set(receive.keys) == [.receivedPackets, .receivedBytes])
    #expect(receive[.receivedBytes] ?? 0 > receive[.receivedPackets] ?? .max)
    #expect(
      statistics.last.map { Set($0.counters.keys) } == [.sentPackets, .sentBytes, .sendStops, .sendWakes])
  }

  @Test("A counter of 8 bytes is read whole; each has a name of its own")
  func wideCounters() {
    let statistics = QueueStatistics(
      constructed((2, word(0)), (3, word(5)), (9, NetlinkMessageBytes.bytes(UInt64.max)), (12, word(3))))
    #expect(statistics?.counters == [.receivedBytes: .max, .receiveAllocationFailures: 3])
    #expect(Set(QueueCounter.allCases.map(\.name)).count == QueueCounter.allCases.count)
    #expect(QueueCounter.allCases.map(\.rawValue) == Array(8...34))
  }

  @Test("A constructed page pool an io_uring provides for, and its counters (netdev.h of Linux 7.3)")
  func pagePools() throws {
    let pool = try #require(
      PagePoolState(
        constructed(
          (1, NetlinkMessageBytes.bytes(UInt64(21))), (2, word(4)), (3, NetlinkMessageBytes.bytes(UInt64(520))),
          (4, word(1024)), (5, NetlinkMessageBytes.bytes(UInt64(4) << 30)), (8, []))))
    #expect(pool.id == 21 && pool.interfaceIndex == 4 && pool.napi == 520 && pool.isRingProvided)
    #expect(pool.inFlight == 1024 && pool.inFlightBytes == 4 << 30 && pool.detachSeconds == nil)
    let detached = PagePoolState(constructed((1, word(3)), (6, word(77)), (7, word(2))))
    #expect(detached?.detachSeconds == 77 && detached?.dmaBuffer == 2 && detached?.isRingProvided == false)
    #expect(PagePoolState(constructed((2, word(4)))) == nil)

    let info = NetlinkMessageBytes.attribute(1, word(21)) + NetlinkMessageBytes.attribute(2, word(4))
    let statistics = try #require(
      PagePoolStatistics(
        constructed((1, info), (8, word(10)), (9, word(1)), (18, NetlinkMessageBytes.bytes(UInt64(6))))))
    #expect(statistics.pool == 21 && statistics.interfaceIndex == 4)
    #expect(statistics.fastAllocations == 10 && statistics.slowAllocations == 1 && statistics.releasedInUse == 6)
    #expect(PagePoolStatistics(constructed((8, word(10)))) == nil)
  }

  @Test("XDP features by name, an unknown one by its bit")
  func device() {
    let recorded = NetdevDevice(attributes(RecordedAnswers.device))
    #expect(recorded.expressDataPathFeatureNames == ["basic", "redirect", "xsk-zerocopy", "rx-sg"])
    #expect(recorded.zeroCopySegments == 1)
    #expect(NetdevDevice(expressDataPathFeatures: 1 << 40).expressDataPathFeatureNames == ["bit 40"])
  }

  @Test("A driver's counters are names and values side by side, as far as both go")
  func driverStatistics() {
    var names = CommandBytes(0x1B, size: 12 + 3 * 32)
    names.put(UInt32(3), at: 8)
    names.put(Array("rx0_hds_nosplit_packets".utf8), at: 12)
    names.put([UInt8](repeating: UInt8(ascii: "n"), count: 32), at: 44)
    names.put(Array("third".utf8), at: 76)
    var values = CommandBytes(0x1D, size: 8 + 2 * 8)
    values.put(UInt32(2), at: 4)
    values.put(UInt64(5), at: 8)
    values.put(UInt64.max, at: 16)
    #expect(
      DriverStatistic.list(names: names, values: values) == [
        DriverStatistic(name: "rx0_hds_nosplit_packets", value: 5),
        DriverStatistic(name: String(repeating: "n", count: 32), value: .max),
      ])
  }

  @Test("CPUs as the kernel lists them")
  func processors() {
    #expect(NumberRanges.numbers(in: "0-3,7\n") == [0, 1, 2, 3, 7])
    #expect(NumberRanges.numbers(in: "5\n") == [5])
    #expect(NumberRanges.numbers(in: "\n") == [])
    #expect(NumberRanges.numbers(in: "3-1,x,1-2-3,9-99999999,-4,4-") == [])
  }

  @Test("An interrupt's CPUs, of this machine and of one there is not")
  func interrupts() throws {
    let root = try TemporaryFolder()
    try root.write("smp_affinity_list", "0-1\n", in: "24")
    #expect(
      try InterruptAffinity.read(24, directory: root.path) == InterruptAffinity(number: 24, allowed: [0, 1]))
    try root.write("effective_affinity_list", "1\n", in: "24")
    #expect(try InterruptAffinity.read(24, directory: root.path).effective == [1])
    let error = #expect(throws: SystemCallError.self) { try InterruptAffinity.read(25, directory: root.path) }
    #expect(error?.errno == .noSuchFileOrDirectory)
  }

  @Test("Node and IOMMU group, of the device or of the one it is on, and only of the interface that was meant")
  func placement() throws {
    let root = try TemporaryFolder()
    try root.write("ifindex", "2\n", in: "eth0")
    try root.write("numa_node", "-1\n", in: "eth0/bus/virtio2")
    try root.link("eth0/device", to: "bus/virtio2")
    func read(_ index: UInt32) -> DevicePlacement {
      DevicePlacement.read("eth0", index: index, classDirectory: root.path)
    }
    #expect(read(2) == DevicePlacement())
    try root.write("numa_node", "1\n", in: "eth0/bus")
    try root.link("eth0/bus/iommu_group", to: "../../../kernel/iommu_groups/17")
    #expect(read(2) == DevicePlacement(numaNode: 1, iommuGroup: 17))
    #expect(read(3) == DevicePlacement(isShown: false))
    #expect(DevicePlacement.read("eth0", index: 2, classDirectory: "/nonexistent") == DevicePlacement(isShown: false))
    try root.write("numa_node", "0\n", in: "eth0/bus/virtio2")
    #expect(read(2) == DevicePlacement(numaNode: 0, iommuGroup: nil))
  }

  @Test("Everything about lo is either known or has a reason")
  func loopback() throws {
    let state = try NICState.read("lo")
    #expect(state.identity.name == "lo")
    #expect(state.channels.absence != nil && state.rings.absence != nil && state.flowRules.absence != nil)
    #expect(state.features.value != nil)
    #expect(state.interrupts.isEmpty)
    #expect(throws: InterfaceProblem.self) { try NICState.read("nonexistent0") }
  }
}
