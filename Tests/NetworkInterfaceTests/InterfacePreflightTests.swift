import Glibc
import Linux
import SystemPackage
import Testing

@testable import NetworkInterface

@Suite("Interface and queues as typed")
struct InterfacePreflightTests {
  private func interface(capacity: Int = 1) -> InterfaceIdentity {
    InterfaceIdentity(
      name: "eth7", index: 3, isUp: true, mtu: 9000, kind: nil, driver: "mlx5_core", receiveQueueCapacity: capacity)
  }

  private func preflight(_ list: String?, channels: ChannelCounts?, capacity: Int = 1) throws -> InterfacePreflight {
    try InterfacePreflight(
      identity: interface(capacity: capacity), channels: channels, list: list.map { try QueueList.parse($0) })
  }

  @Test("Without a list the last queue is taken")
  func lastQueue() throws {
    #expect(try preflight(nil, channels: ChannelCounts(receive: 2, combined: 6)).queues == [7])
    #expect(try preflight(nil, channels: nil, capacity: 4).queues == [3])
    #expect(try preflight(nil, channels: nil).queues == [0])
  }

  @Test("Queues there are may be listed, separate and combined ones counted together")
  func listed() throws {
    let channels = ChannelCounts(receive: 2, combined: 6)
    #expect(try preflight("0,5-7", channels: channels).queues == [0, 5, 6, 7])
    #expect(
      try preflight("0", channels: channels).summary
        == "eth7 (mlx5_core, up, MTU 9000) has 8 receive queues (0-7)")
  }

  @Test("A queue there is not is refused with those there are")
  func outOfRange() throws {
    func problem(_ list: String?, _ channels: ChannelCounts) -> String? {
      #expect(throws: InterfaceProblem.self) { try preflight(list, channels: channels) }?.description
    }
    #expect(
      problem("0,3", ChannelCounts(combined: 1)) == "there is no queue 3: eth7 has 1 receive queue (0)")
    #expect(
      problem("0-4", ChannelCounts(combined: 4)) == "there is no queue 4: eth7 has 4 receive queues (0-3)")
    #expect(problem("0", ChannelCounts()) == "there is no queue 0: eth7 has no receive queue")
    #expect(problem(nil, ChannelCounts()) == "there is no queue 0: eth7 has no receive queue")
  }

  @Test("The loopback interface is found, as what it is, with its one queue")
  func loopback() throws {
    let found = try InterfacePreflight.check(interface: "lo", queues: "0")
    #expect(found.identity.name == "lo")
    #expect(found.identity.index == if_nametoindex("lo"))
    #expect(found.identity.driver == nil)
    #expect(found.identity.kind == nil)
    #expect(found.identity.mtu > 1000)
    #expect(found.queues == [0])
    #expect(found.summary.hasPrefix("lo (no driver, "))
    #expect(throws: InterfaceProblem.queueOutOfRange(interface: "lo", queue: 1, count: 1)) {
      try InterfacePreflight.check(interface: "lo", queues: "1")
    }
  }

  @Test(
    "An interface that is not there is refused with those that are",
    arguments: [
      "nonexistent0", "", "name-longer-than-15", "a/b", "l\u{F6}", String(repeating: "x", count: 9999),
    ])
  func noSuchInterface(name: String) throws {
    let error = #expect(throws: InterfaceProblem.self) { try InterfacePreflight.check(interface: name, queues: nil) }
    guard case .noSuchInterface(name, let existing) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(existing.contains("lo"))
    #expect(error?.description.contains("there are: ") == true)
    #expect((error?.description.count ?? .max) < 1000)
  }

  @Test("A malformed list is refused before anything is looked up")
  func malformedList() {
    #expect(throws: InterfaceProblem.malformedQueueList(.reversed("4-1"))) {
      try InterfacePreflight.check(interface: "nonexistent0", queues: "4-1")
    }
  }

  @Test("The hardware's interface of this machine has a driver and channels", .enabled(if: if_nametoindex("eth0") != 0))
  func hardware() throws {
    let found = try InterfacePreflight.check(interface: "eth0", queues: nil)
    let driver = try #require(found.identity.driver)
    #expect(!driver.contains("/"))
    var socket = try EthtoolSocket()
    let channels = try socket.channels(of: "eth0")
    #expect(found.channels == channels)
    #expect(channels.receiveQueues >= 1)
    #expect(channels.combined <= channels.combinedMaximum)
    #expect(channels.receive <= channels.receiveMaximum)
    #expect(found.queues == [channels.receiveQueues - 1])
  }

  @Test("The kernel's words stand in a refusal")
  func kernelWords() throws {
    var socket = try EthtoolSocket()
    do throws(SystemCallError) {
      _ = try socket.channels(of: "nonexistent0")
      Issue.record("there should be no such interface")
    } catch {
      #expect(error.errno == .operationNotSupportedByDevice)
      #expect(error.call == "ETHTOOL_MSG_CHANNELS_GET")
      #expect(error.kernelText == "no device matches name")
    }
    // The socket is good for the next question.
    do throws(SystemCallError) {
      _ = try socket.channels(of: "lo")
    } catch {
      #expect(error.errno == .notSupported)
    }
  }
}
