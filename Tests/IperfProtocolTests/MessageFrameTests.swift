import BoundedJSON
import IperfProtocol
import Testing

@Suite("Message frames")
struct MessageFrameTests {
  private let value: JSONValue = .object(["a": .array([.integer(1)])])
  private let text = Array(#"{"a":[1]}"#.utf8)

  @Test("a frame is a big-endian length and compact JSON")
  func encoding() {
    #expect(MessageFrame.encode(value) == [0, 0, 0, 9] + text)
    let long = MessageFrame.encode(.string(String(repeating: "x", count: 0x1_0200)))
    #expect(long.prefix(4) == [0, 1, 2, 2])
  }

  @Test("a frame is taken when its last byte has come, and what follows stays")
  func taking() throws {
    let frame = MessageFrame.encode(value)
    for length in 0..<frame.count {
      var buffer = frame.prefix(length)
      #expect(try MessageFrame.takePayload(from: &buffer, limit: 9) == nil)
      #expect(buffer == frame.prefix(length))
    }
    var buffer = (frame + [0xD] + frame)[...]
    #expect(try MessageFrame.takePayload(from: &buffer, limit: 9) == text)
    #expect(Array(buffer) == [0xD] + frame)
  }

  @Test("a frame whose length takes three bytes is taken whole")
  func takingLong() throws {
    let text: JSONValue = .string(String(repeating: "x", count: 0x1_0200))
    var buffer = MessageFrame.encode(text)[...]
    let isWhole = try MessageFrame.takePayload(from: &buffer, limit: 0x1_0202) == text.serialized()
    #expect(isWhole)
    #expect(buffer.count == 0)
  }

  @Test("a frame beyond the limit is refused when its length is known, before it is buffered")
  func limit() throws {
    var announcement: ArraySlice<UInt8> = [0, 0, 0, 10]
    #expect(try MessageFrame.takePayload(from: &announcement, limit: 10) == nil)
    let error = #expect(throws: ProtocolError.self) {
      _ = try MessageFrame.takePayload(from: &announcement, limit: 9, expecting: .parameters)
    }
    #expect(error?.code == .receiveParameters)
    #expect(error?.description == "the peer's test parameters: announces 10 bytes, where 1 to 9 are permitted")
  }

  @Test(
    "a frame of 4 GiB, and one of nothing, is refused",
    arguments: [[0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0]] as [[UInt8]])
  func extremes(header: [UInt8]) {
    var buffer = header[...]
    let error = #expect(throws: ProtocolError.self) {
      _ = try MessageFrame.takePayload(from: &buffer, limit: MessageLimits.serverResults)
    }
    #expect(error?.code == .message)
  }
}
