/// iperf3's number for a failure (iperf_api.h, `IE…`): the ones we send, and those a stock server may send us. A code
/// without a name here is still carried.
public struct IperfErrorCode: RawRepresentable, Sendable, Equatable {
  public let rawValue: Int32

  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }

  // What a test asks for.
  public static let duration = IperfErrorCode(rawValue: 5)
  public static let numberOfStreams = IperfErrorCode(rawValue: 6)
  public static let blockSize = IperfErrorCode(rawValue: 7)
  public static let bufferSize = IperfErrorCode(rawValue: 8)
  public static let maximumSegmentSize = IperfErrorCode(rawValue: 10)
  public static let omit = IperfErrorCode(rawValue: 12)
  public static let notImplemented = IperfErrorCode(rawValue: 13)
  public static let burst = IperfErrorCode(rawValue: 15)
  public static let noSCTP = IperfErrorCode(rawValue: 18)
  public static let typeOfService = IperfErrorCode(rawValue: 21)
  public static let totalRate = IperfErrorCode(rawValue: 27)
  public static let durationExceedsServerLimit = IperfErrorCode(rawValue: 37)

  // What happens to a test.
  public static let initialization = IperfErrorCode(rawValue: 101)
  public static let accept = IperfErrorCode(rawValue: 104)
  public static let receiveCookie = IperfErrorCode(rawValue: 106)
  public static let controlWrite = IperfErrorCode(rawValue: 107)
  public static let controlRead = IperfErrorCode(rawValue: 108)
  public static let controlClosed = IperfErrorCode(rawValue: 109)
  public static let message = IperfErrorCode(rawValue: 110)
  public static let sendParameters = IperfErrorCode(rawValue: 113)
  public static let receiveParameters = IperfErrorCode(rawValue: 114)
  public static let sendResults = IperfErrorCode(rawValue: 116)
  public static let receiveResults = IperfErrorCode(rawValue: 117)
  public static let clientTerminated = IperfErrorCode(rawValue: 119)
  public static let serverTerminated = IperfErrorCode(rawValue: 120)
  public static let accessDenied = IperfErrorCode(rawValue: 121)
  public static let setNoDelay = IperfErrorCode(rawValue: 122)
  public static let setMaximumSegmentSize = IperfErrorCode(rawValue: 123)
  public static let setBuffer = IperfErrorCode(rawValue: 124)
  public static let setTypeOfService = IperfErrorCode(rawValue: 125)
  public static let flowLabel = IperfErrorCode(rawValue: 127)
  public static let protocolUnknown = IperfErrorCode(rawValue: 131)
  public static let affinity = IperfErrorCode(rawValue: 132)
  public static let congestion = IperfErrorCode(rawValue: 134)
  public static let bufferSizeDiffers = IperfErrorCode(rawValue: 141)
  public static let authentication = IperfErrorCode(rawValue: 142)
  public static let silence = IperfErrorCode(rawValue: 144)
  public static let serverDurationExpired = IperfErrorCode(rawValue: 160)

  // What happens to a stream.
  public static let createStream = IperfErrorCode(rawValue: 200)
  public static let streamAccept = IperfErrorCode(rawValue: 204)
  public static let streamRead = IperfErrorCode(rawValue: 206)
  public static let streamClosed = IperfErrorCode(rawValue: 207)
  public static let streamID = IperfErrorCode(rawValue: 208)
}
