import CKernelABI
import Glibc
import Linux
import SystemPackage
import Testing

@testable import NetworkInterface

@Suite("Flow rules as the kernel lays them out")
struct FlowRuleTests {
  private func connection(_ source: String, _ sourcePort: UInt16, _ destination: String, _ port: UInt16) throws
    -> TCPFlow
  {
    let from = try #require(FlowAddress(source))
    let to = try #require(FlowAddress(destination))
    return try #require(TCPFlow(source: from, sourcePort: sourcePort, destination: to, destinationPort: port))
  }

  private func connection4() throws -> TCPFlow { try connection("192.0.2.1", 40000, "10.9.0.1", 5201) }

  private func connection6() throws -> TCPFlow { try connection("2001:db8::1", 1, "fd09::1", 65535) }

  @Test("A connection's rule of IPv4: values and masks in network byte order at the places of ethtool.h")
  func fourBytes() throws {
    let bytes = CommandBytes.inserting(FlowRule(.tcp(try connection4()), to: .queue(7), location: 42)).bytes
    #expect(bytes.count == 192)
    #expect(Array(bytes[0..<4]) == [0x32, 0, 0, 0])
    #expect(Array(bytes[16..<20]) == [1, 0, 0, 0])
    #expect(Array(bytes[20..<33]) == [192, 0, 2, 1, 10, 9, 0, 1, 0x9C, 0x40, 0x14, 0x51, 0])
    #expect(Array(bytes[92..<105]) == [UInt8](repeating: 0xFF, count: 12) + [0])
    #expect(Array(bytes[168..<176]) == [7, 0, 0, 0, 0, 0, 0, 0])
    #expect(Array(bytes[176..<180]) == [42, 0, 0, 0])
    #expect(bytes[33..<92].allSatisfy { $0 == 0 } && bytes[105..<168].allSatisfy { $0 == 0 })
  }

  @Test("A rule for a port of IPv6 compares the port and nothing else, and leads to an RSS context")
  func port() {
    let rule = FlowRule(
      .tcp(TCPFlow(isIPv6: true, destinationPort: 5201)), to: .context(3, firstQueue: 0))
    let bytes = CommandBytes.inserting(rule).bytes
    #expect(Array(bytes[16..<20]) == [5, 0, 0, 0x20])
    #expect(Array(bytes[20 + 34..<20 + 36]) == [0x14, 0x51])
    #expect(Array(bytes[92 + 34..<92 + 36]) == [0xFF, 0xFF])
    #expect(bytes[92..<144].filter { $0 != 0 }.count == 2)
    #expect(Array(bytes[168..<176]) == [UInt8](repeating: 0, count: 8))
    #expect(Array(bytes[176..<180]) == [0xFF, 0xFF, 0xFF, 0xFF])
    #expect(Array(bytes[184..<188]) == [3, 0, 0, 0])
  }

  @Test("Every rule is read back as it was written")
  func roundTrip() throws {
    let flows = [
      try connection4(), try connection6(), TCPFlow(isIPv6: false, destinationPort: 1),
      TCPFlow(isIPv6: true, destinationPort: 80),
      TCPFlow(isIPv6: false, source: FlowAddress("1.2.3.4"), destination: nil, sourcePort: nil, destinationPort: nil),
    ]
    for flow in flows {
      for action in [FlowAction.queue(0), .queue(.max), .drop, .context(9, firstQueue: 2), .other(1 << 32)] {
        let rule = FlowRule(.tcp(flow), to: action, location: 17)
        #expect(FlowRule(CommandBytes.inserting(rule)) == rule)
      }
    }
  }

  @Test("A rule this tool would not make is kept as it is: another protocol, part of an address, a VLAN, a class")
  func others() throws {
    func changed(_ change: (inout CommandBytes) -> Void) throws -> FlowRule {
      var command = CommandBytes.inserting(FlowRule(.tcp(try connection4()), to: .queue(1), location: 3))
      change(&command)
      let rule = FlowRule(command)
      // It can be put back byte by byte.
      let again = CommandBytes.inserting(rule).bytes
      #expect(Array(again[16..<184]) == Array(command.bytes[16..<184]))
      return rule
    }
    let changes: [(inout CommandBytes) -> Void] = [
      { $0.put(UInt32(2), at: 16) },
      { $0.put([0xFF, 0xFF, 0xFF, 0] as [UInt8], at: 92) },
      { $0.put([0xFF] as [UInt8], at: 92 + 12) },
      { $0.put(UInt32(0x8000_0001), at: 16) },
      { $0.put([1] as [UInt8], at: 16 + 128) },
    ]
    for change in changes {
      let rule = try changed(change)
      guard case .other = rule.specification else {
        Issue.record("\(rule)")
        continue
      }
      #expect(rule.action == .queue(1) && rule.location == 3)
    }
  }

  @Test("Addresses of two families make no connection")
  func families() throws {
    let four = try #require(FlowAddress("192.0.2.1"))
    let six = try #require(FlowAddress("::ffff:192.0.2.1"))
    #expect(TCPFlow(source: four, sourcePort: 1, destination: six, destinationPort: 2) == nil)
    #expect(FlowAddress("x") == nil && FlowAddress(bytes: [1, 2, 3]) == nil && FlowAddress("") == nil)
    #expect(four.description == "192.0.2.1" && six.description == "::ffff:192.0.2.1")
  }

  @Test("The highest free place is taken, and none in a full table")
  func places() {
    #expect(CommandSocket.highestFree(of: 1024, taken: []) == 1023)
    #expect(CommandSocket.highestFree(of: 4, taken: [3, 2, 9]) == 1)
    #expect(CommandSocket.highestFree(of: 2, taken: [0, 1]) == nil)
    #expect(CommandSocket.highestFree(of: 0, taken: []) == nil)
  }

  @Test("The count's answer tells the table's size and who chooses places")
  func counted() {
    func table(_ data: UInt64) -> FlowRuleTable {
      var command = CommandBytes.flow(0x2E)
      command.put(data, at: ZB_RXNFC_DATA)
      return FlowRuleTable(counted: command)
    }
    #expect(table(0x8000_0400) == FlowRuleTable(size: 1024, driverChoosesLocation: true))
    #expect(table(1024) == FlowRuleTable(size: 1024))
    #expect(table(0) == FlowRuleTable())
    #expect(table(0x8000_0000) == FlowRuleTable(driverChoosesLocation: true))
  }

  @Test("An interface without flow rules says so")
  func loopback() throws {
    let socket = try CommandSocket()
    let rules = Reading { () throws(SystemCallError) in try socket.flowRules(of: "lo") }
    #expect(rules.absence == "not supported by the driver")
    let port = FlowRule(.tcp(TCPFlow(isIPv6: false, destinationPort: 5201)), to: .queue(0))
    let inserted = Reading { () throws(SystemCallError) in try socket.insert(port, into: "lo") }
    #expect(inserted.value == nil)
    let missing = Reading { () throws(SystemCallError) in try socket.flowRules(of: "nonexistent0") }
    guard case .refused(let error) = missing else {
      Issue.record("\(missing)")
      return
    }
    #expect(error.errno == .operationNotSupportedByDevice && error.call == "ioctl (ETHTOOL_GRXCLSRLCNT)")
  }
}
