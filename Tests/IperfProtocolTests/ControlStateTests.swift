import IperfProtocol
import Testing

@Suite("Control states")
struct ControlStateTests {
  @Test("the states are iperf3's bytes, both ways, and no other byte is a state")
  func bytes() {
    let wire: [UInt8: ControlState] = [
      1: .testStart, 2: .testRunning, 4: .testEnd, 9: .parameterExchange, 10: .createStreams, 11: .serverTerminate,
      12: .clientTerminate, 13: .exchangeResults, 14: .displayResults, 16: .iperfDone, 0xFF: .accessDenied,
      0xFE: .serverError,
    ]
    #expect(wire.count == ControlState.allCases.count)
    for byte in UInt8.min...UInt8.max {
      #expect(ControlState(byte: byte) == wire[byte])
      #expect(wire[byte].map(\.byte) == (wire[byte] == nil ? nil : byte))
    }
  }

  @Test("a server error is a state byte and two big-endian numbers")
  func serverErrorBytes() {
    #expect(ServerErrorMessage(code: .notImplemented).bytes == [0xFE, 0, 0, 0, 13, 0, 0, 0, 0])
    let message = ServerErrorMessage(code: IperfErrorCode(rawValue: 0x0102_0304), errno: -2)
    #expect(message.bytes == [0xFE, 1, 2, 3, 4, 0xFF, 0xFF, 0xFF, 0xFE])
  }

  @Test("a server error reads back from its eight bytes, and from no other number of them")
  func serverErrorPayload() {
    let message = ServerErrorMessage(code: .congestion, errno: 2)
    let payload = message.bytes.dropFirst()
    #expect(ServerErrorMessage(payload: payload) == message)
    #expect(ServerErrorMessage(payload: payload.dropLast()) == nil)
    #expect(ServerErrorMessage(payload: payload + [0]) == nil)
    #expect(ServerErrorMessage(payload: []) == nil)
  }

  @Test("a code means something also when it has no name here")
  func meanings() {
    #expect(IperfErrorCode.accessDenied.meaning == "the server is busy with another test")
    #expect(IperfErrorCode(rawValue: 9999).meaning == "iperf3 error 9999")
    #expect(IperfErrorCode(rawValue: -1).description == "iperf3 error -1")
  }

  @Test("streams are numbered 1, 3, 4, 5")
  func streamNumbers() {
    #expect((0..<5).map(StreamNumbering.id) == [1, 3, 4, 5, 6])
    #expect(StreamNumbering.id(at: 127) == 129)
  }
}
