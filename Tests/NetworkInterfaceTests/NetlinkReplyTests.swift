import Glibc
import SystemPackage
import Testing

@testable import NetworkInterface

@Suite("Answers of the kernel's network stack")
struct NetlinkReplyTests {
  private func parse(_ datagram: [UInt8]) -> [NetlinkReply] { NetlinkReply.parse(datagram, sequence: 7) }

  @Test("Parts, acknowledgement and end of a dump are told apart")
  func kinds() {
    let part: [UInt8] = [1, 2, 3, 4, 5]
    let datagram =
      NetlinkMessageBytes.message(type: 20, part) + NetlinkMessageBytes.message(type: 1, [0xFF])
      + NetlinkMessageBytes.message(type: 2, NetlinkMessageBytes.bytes(Int32(0)))
      + NetlinkMessageBytes.message(type: 3, NetlinkMessageBytes.bytes(Int32(0)))
    #expect(parse(datagram) == [.part(part[...]), .done(warning: nil), .done(warning: nil)])
  }

  @Test("Answers to other requests are passed over")
  func otherSequences() {
    #expect(parse(NetlinkMessageBytes.message(type: 20, sequence: 6, [1, 2, 3, 4])).isEmpty)
  }

  @Test("The kernel's words are found with the request left out and with it repeated")
  func words() {
    let text = "requested channel count exceeds maximum"
    #expect(
      parse(NetlinkMessageBytes.refusal(-EINVAL, text: text)) == [.refused(.invalidArgument, message: text)])
    #expect(
      parse(NetlinkMessageBytes.refusal(-EINVAL, text: text, request: [9, 9, 9, 9, 9]))
        == [.refused(.invalidArgument, message: text)])
    #expect(parse(NetlinkMessageBytes.refusal(-EPERM, text: nil)) == [.refused(.notPermitted, message: nil)])
  }

  @Test("The kernel's words about what it accepted are a warning")
  func warning() {
    #expect(
      parse(NetlinkMessageBytes.refusal(0, text: "lossy setting")) == [.done(warning: "lossy setting")])
  }

  @Test("A dump that failed on its way is refused")
  func failedDump() {
    let words = NetlinkMessageBytes.attribute(1, Array("gone\0".utf8))
    let done = NetlinkMessageBytes.message(type: 3, flags: 0x200, NetlinkMessageBytes.bytes(-ENODEV) + words)
    #expect(parse(done) == [.refused(.operationNotSupportedByDevice, message: "gone")])
  }

  @Test("Every truncation and every changed byte of an answer is survived")
  func mutations() {
    let datagram =
      NetlinkMessageBytes.message(type: 20, [1, 2, 3, 4])
      + NetlinkMessageBytes.refusal(-EINVAL, text: "words", request: [1, 2, 3, 4])
    let whole = parse(datagram)
    #expect(whole.count == 2)
    for length in 0..<datagram.count {
      #expect(parse(Array(datagram.prefix(length))).count < 2)
    }
    for index in datagram.indices {
      for value in [0, 1, 3, 0x7F, 0x80, 0xFF] as [UInt8] {
        var changed = datagram
        changed[index] = value
        #expect(parse(changed).count <= 2 + 1)
      }
    }
  }

  @Test("An error beyond all bounds is still an error")
  func extremeError() {
    #expect(
      parse(NetlinkMessageBytes.refusal(.min, text: nil)) == [.refused(Errno(rawValue: .max), message: nil)])
  }
}

@Suite("Attributes of netlink messages")
struct NetlinkAttributesTests {
  private typealias Bytes = NetlinkMessageBytes

  @Test("Numbers are read at the width the kernel chose")
  func widths() {
    let attributes = NetlinkAttributes(
      (Bytes.attribute(1, [200]) + Bytes.attribute(2, Bytes.bytes(UInt16(0xABCD)))
        + Bytes.attribute(3, Bytes.bytes(UInt32.max)) + Bytes.attribute(4, Bytes.bytes(UInt64.max))
        + Bytes.attribute(5, [1, 2, 3]))[...])
    #expect(attributes.number(1) == 200)
    #expect(attributes.number(2) == 0xABCD)
    #expect(attributes.number(3) == UInt64(UInt32.max))
    #expect(attributes.number(4) == .max)
    #expect(attributes.number(5) == nil)
    #expect(attributes.number(6) == nil)
    #expect(attributes.number(-1) == nil)
    #expect(attributes.number(1 << 20) == nil)
  }

  @Test("Nested attributes, their marks ignored, and texts with and without an end are read")
  func nesting() {
    let inner = Bytes.attribute(1, Array("veth\0".utf8)) + Bytes.attribute(2, Array("open".utf8))
    let attributes = NetlinkAttributes(Bytes.attribute(0x8000 | 18, inner)[...])
    #expect(attributes.nested(18)?.text(1) == "veth")
    #expect(attributes.nested(18)?.text(2) == "open")
    #expect(attributes.nested(18)?.text(3) == nil)
  }

  @Test(
    "What does not fit ends the reading and nothing before it is lost", arguments: [0, 1, 2, 3, 9, 200] as [UInt16])
  func malformed(length: UInt16) {
    let bytes = Bytes.attribute(1, [42]) + Bytes.bytes(length) + Bytes.bytes(UInt16(2)) + [1, 2, 3, 4]
    let attributes = NetlinkAttributes(bytes[...])
    #expect(attributes.number(1) == 42)
    #expect(attributes.bytes(2) == nil)
  }
}
