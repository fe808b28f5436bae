import CKernelABI
import CLibNetlink
import Glibc
import Linux
import SystemPackage
import Testing

@testable import NetworkInterface

@Suite("How packets are spread, in both of the kernel's interfaces")
struct ReceiveSideScalingTests {
  private let key: [UInt8] = (0..<40).map { UInt8($0) }

  /// What ETHTOOL_GRSSH answers, laid out as struct ethtool_rxfh of Linux 7.3; constructed.
  private func answer(table: [UInt32], transformation: UInt8 = 0) -> CommandBytes {
    var command = CommandBytes.spreading(
      ETHTOOL_GRSSH, context: 0, entries: UInt32(table.count), keySize: UInt32(key.count))
    command.put(UInt8(1), at: 16)
    command.put(transformation, at: 17)
    for (index, queue) in table.enumerated() { command.put(queue, at: 24 + Int32(index) * 4) }
    command.put(key, at: 24 + Int32(table.count) * 4)
    return command
  }

  @Test("Both interfaces tell the same")
  func same() {
    let table: [UInt32] = [0, 1, 2, 0, 1, 2]
    let expected = ReceiveSideScaling(table: table, key: key, hashFunction: 1)
    #expect(ReceiveSideScaling(answer(table: table), context: 0) == expected)
    let values: [(Int32, [UInt8])] = [(3, word(1)), (4, table.flatMap(word)), (5, key)]
    let netlink = NetlinkAttributes(values.flatMap { NetlinkMessageBytes.attribute(UInt16($0.0), $0.1) }[...])
    #expect(ReceiveSideScaling(netlink) == expected)
    #expect(expected.hashFunctionName == "toeplitz")
    #expect(expected.uses(queue: 2) && !expected.uses(queue: 3))
    #expect(
      ReceiveSideScaling(constructed((2, word(7)), (6, word(1)))) == ReceiveSideScaling(context: 7, transformation: 1))
  }

  @Test("A netlink change holds only what was given; an empty table is one of no length")
  func netlinkChange() throws {
    let set = try written(ReceiveSideScalingChange(table: [3, 2]).put)
    #expect(set.identifiers(4) == [3, 2])
    #expect(!set.has(3) && !set.has(5))
    let reset = try written(ReceiveSideScalingChange(table: []).put)
    #expect(reset.bytes(4)?.isEmpty == true)
    let all = try written(ReceiveSideScalingChange(table: [1], key: key, hashFunction: 2).put)
    #expect(all.bytes(5).map(Array.init) == key && all.number(3) == 2)
  }

  @Test("A table of thousands fits into a request")
  func largeTable() throws {
    let set = try written(ReceiveSideScalingChange(table: [UInt32](repeating: 9, count: 8192)).put)
    #expect(set.identifiers(4)?.count == 8192)
  }

  @Test("A command repeats a short table to the device's size and keeps the transformation there is")
  func repeated() {
    let present = ReceiveSideScaling(answer(table: [UInt32](repeating: 0, count: 8), transformation: 1), context: 0)
    let command = CommandBytes.spreading(context: 0, ReceiveSideScalingChange(table: [4, 5]), over: present)
    #expect(command.number(UInt32.self, at: 0) == 0x47)
    #expect(command.number(UInt32.self, at: ZB_RXFH_TABLE_SIZE) == 8)
    #expect(command.number(UInt32.self, at: ZB_RXFH_KEY_SIZE) == 0)
    #expect(command.number(UInt8.self, at: ZB_RXFH_HASH_FUNCTION) == 0)
    #expect(command.number(UInt8.self, at: ZB_RXFH_TRANSFORM) == 1)
    #expect((0..<8).map { command.number(UInt32.self, at: 24 + $0 * 4) } == [4, 5, 4, 5, 4, 5, 4, 5])
    #expect(command.bytes.count == 24 + 32)
    // No divisor: the kernel refuses it in its own words.
    let odd = CommandBytes.spreading(context: 0, ReceiveSideScalingChange(table: [4, 5, 6]), over: present)
    #expect(odd.number(UInt32.self, at: ZB_RXFH_TABLE_SIZE) == 3)
  }

  @Test("A command without a table leaves it alone, one with an empty table resets it")
  func sizes() {
    let present = ReceiveSideScaling(table: [0, 1])
    let keyOnly = CommandBytes.spreading(context: 0, ReceiveSideScalingChange(key: key), over: present)
    #expect(keyOnly.number(UInt32.self, at: ZB_RXFH_TABLE_SIZE) == .max)
    #expect(keyOnly.number(UInt32.self, at: ZB_RXFH_KEY_SIZE) == 40)
    #expect(Array(keyOnly.slice(at: 24, count: 40)) == key)
    let reset = CommandBytes.spreading(context: 0, ReceiveSideScalingChange(table: []), over: present)
    #expect(reset.number(UInt32.self, at: ZB_RXFH_TABLE_SIZE) == 0)
    #expect(reset.bytes.count == 24)
    let made = CommandBytes.spreading(context: .max, ReceiveSideScalingChange(table: [1]), over: present)
    #expect(made.number(UInt32.self, at: ZB_RXFH_CONTEXT) == .max)
    #expect(made.number(UInt32.self, at: ZB_RXFH_TABLE_SIZE) == 2)
  }

  @Test("What would delete a context by mistake is refused before the kernel is asked")
  func mistakes() throws {
    let socket = try CommandSocket()
    func errno(_ body: () throws(SystemCallError) -> Void) -> Errno? {
      do throws(SystemCallError) {
        try body()
        return nil
      } catch {
        return error.errno
      }
    }
    #expect(
      errno { () throws(SystemCallError) in
        _ = try socket.setReceiveSideScaling(of: "lo", context: 2, to: ReceiveSideScalingChange(table: []))
      } == .invalidArgument)
    #expect(
      errno { () throws(SystemCallError) in _ = try socket.deleteReceiveSideScaling(of: "lo", context: 0) }
        == .invalidArgument)
  }

  @Test("lo spreads nothing, and both interfaces say so; no command lists contexts")
  func loopback() throws {
    for path in [RequestPath.netlink, .commands, .either] {
      let control = try ReceiveSideScalingControl(interface: "lo", path: path)
      let reading = Reading { () throws(SystemCallError) in try control.read() }
      #expect(reading.absence == "not supported by the driver", "\(path)")
    }
    let commands = try ReceiveSideScalingControl(interface: "lo", path: .commands)
    let further = Reading { () throws(SystemCallError) in try commands.further() }
    #expect(further == .notOffered("ETHTOOL_MSG_RSS_GET"))
  }
}
