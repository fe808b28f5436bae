import CKernelABI
import Glibc
import Linux
import SystemPackage
import Testing

@testable import NetworkInterface

/// The attributes of a generic netlink message.
func attributes(_ message: [UInt8]) -> NetlinkAttributes {
  NetlinkAttributes(GenericNetlinkFamily.attributes(of: message[...]))
}

/// Attributes made of (type, value) pairs.
func constructed(_ values: (Int32, [UInt8])...) -> NetlinkAttributes {
  NetlinkAttributes(values.flatMap { NetlinkMessageBytes.attribute(UInt16($0.0), $0.1) }[...])
}

func word(_ number: UInt32) -> [UInt8] { NetlinkMessageBytes.bytes(number) }

/// What a request puts into its message, as attributes.
func written(
  _ body: (borrowing NetlinkMessage) throws(SystemCallError) -> Void
) throws -> NetlinkAttributes {
  let message = try NetlinkMessage.generic(family: 21, version: 1, command: 1, "TEST", to: "test")
  try body(message)
  return attributes(Array(message.bytes(sequence: 1, flags: 0).dropFirst(16)))
}

@Suite("Channels, rings and features as ethtool tells them")
struct EthtoolReadingTests {
  @Test("A family's commands are known from its own list")
  func family() throws {
    let family = try #require(
      GenericNetlinkFamily(attributes(RecordedAnswers.family), named: "netdev", version: 1))
    #expect(family.number == 20)
    #expect(family.operations == [1, 5, 10, 11, 12, 13, 14, 15])
    // A command of a later kernel is not sent at all.
    do throws(SystemCallError) {
      _ = try family.request(16, "NETDEV_CMD_QUEUE_CREATE", to: "create a queue")
      Issue.record("16 is not in the list")
    } catch {
      #expect(error.isNotOffered)
      #expect(Reading<Int>(refusal: error) == .notOffered("NETDEV_CMD_QUEUE_CREATE"))
      #expect(
        Reading<Int>(refusal: error).absence == "not offered by this kernel (NETDEV_CMD_QUEUE_CREATE)")
    }
  }

  @Test("The kernel this runs on is asked no more than it lists, and a family there is not is said not to be offered")
  func runningKernel() throws {
    var socket = try NetlinkSocket(protocol: 16)
    let ethtool = try GenericNetlinkFamily(named: "ethtool", version: 1, on: &socket)
    #expect(ethtool.operations.contains(17) && ethtool.operations.contains(15))
    let error = #expect(throws: SystemCallError.self) {
      try GenericNetlinkFamily(named: "no-such-family", version: 1, on: &socket)
    }
    #expect(error?.isNotOffered == true)
  }

  @Test("Recorded channels: one combined, and what the driver has none of is 0")
  func channels() {
    let counts = ChannelCounts(attributes(RecordedAnswers.channels))
    #expect(counts == ChannelCounts(combined: 1, combinedMaximum: 1))
    #expect(counts.receiveQueues == 1)
  }

  @Test("A change of channels holds only what was given")
  func channelChange() throws {
    let request = try written(ChannelChange(combined: 8).put)
    #expect(request.number(9) == 8)
    #expect(!request.has(6) && !request.has(7) && !request.has(8))
  }

  @Test("Recorded rings of a driver that knows nothing of data split")
  func rings() {
    var expected = RingParameters()
    (expected.receive, expected.receiveMaximum, expected.transmit, expected.transmitMaximum) = (256, 256, 256, 256)
    #expect(RingParameters(attributes(RecordedAnswers.rings)) == expected)
  }

  @Test(
    "Constructed rings of a driver that has it all (ethtool_netlink.h of Linux 7.3)", arguments: TCPDataSplit.allCases)
  func splitRings(split: TCPDataSplit) {
    let rings = RingParameters(
      constructed((10, word(4096)), (11, [split.rawValue]), (17, word(0)), (18, word(1023)), (12, word(32))))
    #expect(rings.receiveBufferLength == 4096)
    #expect(rings.tcpDataSplit == split)
    #expect(rings.headerDataSplitThreshold == 0)
    #expect(rings.headerDataSplitThresholdMaximum == 1023)
    #expect(rings.completionEntrySize == 32)
    #expect(rings.receive == nil)
  }

  @Test("A data split of a later kernel is no data split known here")
  func unknownSplit() {
    #expect(RingParameters(constructed((11, [3]))).tcpDataSplit == nil)
  }

  @Test("A change of rings holds only what was given, the split as one byte")
  func ringChange() throws {
    let request = try written(
      RingChange(receive: 64, receiveBufferLength: 8192, tcpDataSplit: .enabled, headerDataSplitThreshold: 0).put)
    #expect(request.bytes(11).map(Array.init) == [2])
    #expect(request.number(17) == 0)
    #expect(request.bytes(17)?.count == 4)
    #expect(request.number(6) == 64)
    #expect(request.number(10) == 8192)
    #expect(!request.has(9) && !request.has(7) && !request.has(8))
    let automatic = try written(RingChange(tcpDataSplit: .automatic).put)
    #expect(automatic.bytes(11).map(Array.init) == [0])
    #expect(!automatic.has(17))
  }

  @Test("Features are what is set, with a mask and without one")
  func features() {
    func bit(_ index: UInt32, _ name: String, _ isSet: Bool) -> [UInt8] {
      NetlinkMessageBytes.attribute(
        0x8001,
        NetlinkMessageBytes.attribute(1, word(index)) + NetlinkMessageBytes.attribute(2, Array(name.utf8) + [0])
          + (isSet ? NetlinkMessageBytes.attribute(3, []) : []))
    }
    let masked =
      NetlinkMessageBytes.attribute(2, word(64))
      + NetlinkMessageBytes.attribute(0x8003, bit(0, "rx-gro", true) + bit(1, "rx-lro", false) + bit(2, "", true))
    let list =
      NetlinkMessageBytes.attribute(1, []) + NetlinkMessageBytes.attribute(2, word(64))
      + NetlinkMessageBytes.attribute(0x8003, bit(0, "rx-gro-hw", false))
    let states = FeatureStates(constructed((2, masked), (3, list), (4, []), (5, list)))
    #expect(states == FeatureStates(changeable: ["rx-gro"], wanted: ["rx-gro-hw"], fixed: ["rx-gro-hw"]))
    #expect(states.canChange("rx-gro") && !states.canChange("rx-gro-hw"))

    let outcome = FeatureOutcome(constructed((3, masked)))
    #expect(outcome == FeatureOutcome(notAchieved: ["rx-gro": true, "rx-lro": false]))
  }

  @Test("A request for features names each with its value")
  func featureRequest() throws {
    let request = try written { (request) throws(SystemCallError) in
      try BitSet(["rx-ntuple-filter": true, "rx-lro": false]).put(3, into: request)
    }
    #expect(BitSet(request.nested(3)).bits == ["rx-ntuple-filter": true, "rx-lro": false])
    #expect(request.nested(3)?.has(1) == false)
  }

  @Test("Every truncation of recorded answers is survived")
  func truncations() {
    for message in [RecordedAnswers.channels, RecordedAnswers.rings, RecordedAnswers.family] {
      for length in 0...message.count {
        let part = attributes(Array(message.prefix(length)))
        _ = ChannelCounts(part)
        _ = RingParameters(part)
        _ = FeatureStates(part)
        _ = GenericNetlinkFamily(part, named: "x", version: 1)
      }
    }
  }

  @Test("lo has neither channels nor rings, which is the driver's doing and not the kernel's")
  func loopback() throws {
    var socket = try EthtoolSocket()
    let channels = Reading { () throws(SystemCallError) in try socket.channels(of: "lo") }
    #expect(channels.absence == "not supported by the driver")
    let rings = Reading { () throws(SystemCallError) in try socket.rings(of: "lo") }
    #expect(rings.absence == "not supported by the driver")
    let features = try socket.features(of: "lo")
    #expect(features.active.contains("highdma"))
    #expect(!features.canChange("rx-ntuple-filter"))
  }

  @Test("Driver information is read from its places")
  func driver() throws {
    var command = CommandBytes(3, size: Int(ZB_DRVINFO_SIZE))
    command.put(Array("mlx5_core".utf8), at: ZB_DRVINFO_DRIVER)
    command.put(Array("28.39.1002 (MT_0000000834)".utf8), at: ZB_DRVINFO_FIRMWARE)
    command.put([UInt8](repeating: UInt8(ascii: "b"), count: 32), at: ZB_DRVINFO_BUS)
    #expect(
      DriverInformation(command)
        == DriverInformation(
          driver: "mlx5_core", version: nil, firmware: "28.39.1002 (MT_0000000834)",
          bus: String(repeating: "b", count: 32)))
    let socket = try CommandSocket()
    #expect(throws: SystemCallError.self) { try socket.driver(of: "nonexistent0") }
    #expect(throws: SystemCallError.self) { try socket.driver(of: "") }
    #expect(throws: SystemCallError.self) { try socket.driver(of: "name-longer-than-15") }
  }
}
