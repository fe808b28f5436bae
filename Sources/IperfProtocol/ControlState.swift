/// One byte on the control connection that moves the test on (iperf_api.h, "states"). iperf3's state 15 (start) is
/// never sent, 3 and 5…8 are unused.
public enum ControlState: Int8, Sendable, CaseIterable {
  case testStart = 1
  case testRunning = 2
  case testEnd = 4
  case parameterExchange = 9
  case createStreams = 10
  case serverTerminate = 11
  case clientTerminate = 12
  case exchangeResults = 13
  case displayResults = 14
  case iperfDone = 16
  /// The server is busy with another test, or the cookie of a data connection was wrong.
  case accessDenied = -1
  /// Followed by the eight bytes of a `ServerErrorMessage`.
  case serverError = -2

  /// The state that `byte` announces; nil when iperf3 knows none such.
  public init?(byte: UInt8) {
    self.init(rawValue: Int8(bitPattern: byte))
  }

  /// The state as it goes over the wire.
  public var byte: UInt8 { UInt8(bitPattern: rawValue) }
}
