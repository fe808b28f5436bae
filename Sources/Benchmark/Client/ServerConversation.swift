import BoundedJSON
import IperfProtocol
import Linux
import SystemPackage

/// What a client says to the server on the control connection, and what it understands of the answers.
final class ServerConversation {
  let channel: ControlChannel
  private var hasAnswered = false
  private var hasEnded = false

  init(_ socket: Socket) {
    channel = ControlChannel(socket, inboxLimit: MessageLimits.serverResults + 4)
  }

  func send(_ bytes: [UInt8]) throws(BenchmarkError) {
    do throws(SystemCallError) {
      try channel.send(bytes)
    } catch {
      throw lost("the control connection failed: \(error)")
    }
  }

  /// Takes what has arrived. What the server said before it closed the connection is understood first: it says more than
  /// the end does.
  func hear() throws(BenchmarkError) {
    switch channel.receive() {
    case .open: return
    case .closed where channel.inbox.isEmpty: throw lost("the server closed the control connection")
    case .closed: if hasEnded { throw BenchmarkError("the server closed the control connection in mid-message") }
    case .failed(let error):
      if channel.inbox.isEmpty || hasEnded { throw lost("the control connection failed: \(error)") }
    }
    hasEnded = true
  }

  /// What the server says next, `.serverError` only with all that belongs to it; nil until it has arrived.
  func nextState() throws(BenchmarkError) -> ControlState? {
    if channel.inbox.first == ControlState.serverError.byte, channel.inbox.count <= ServerErrorMessage.payloadLength {
      return nil
    }
    do throws(ProtocolError) {
      guard let state = try channel.takeState() else { return nil }
      hasAnswered = true
      return state
    } catch {
      throw BenchmarkError("this is no iperf3 server: \(error)")
    }
  }

  /// True where a results frame comes next: it begins with the high byte of its length, 0 up to 16 MiB, which is no state.
  var hasResults: Bool { channel.inbox.first == 0 }

  /// The server's results; nil until they have arrived whole.
  ///
  /// - Parameter streams: the numbers of the test's streams, which they must be about.
  func takeResults(about streams: [Int]) throws(BenchmarkError) -> TestResults? {
    guard let json = try channel.takeMessage(limit: MessageLimits.serverResults, limits: .serverResults) else {
      return nil
    }
    let results: TestResults
    do throws(ProtocolError) {
      results = try TestResults(json: json)
    } catch {
      throw BenchmarkError("the server's results are not usable: \(error)")
    }
    if let problem = results.mismatch(with: streams) {
      throw BenchmarkError("the server's results are not usable: \(problem)")
    }
    return results
  }

  /// What follows `.serverError`.
  func refusal() -> BenchmarkError {
    guard let message = ServerErrorMessage(payload: channel.inbox.prefix(ServerErrorMessage.payloadLength)) else {
      return BenchmarkError("the server refused the test without saying why", because: .refused)
    }
    let errno = message.errno == 0 ? "" : " (\(Errno(rawValue: message.errno)))"
    return BenchmarkError(
      "the server refused the test: \(message.code.meaning)\(errno); the server's own output may say more",
      because: .refused)
  }

  /// A stock iperf3 server resets who connects between two of its tests, when it closes one listening socket for another:
  /// before its first word it was not reached.
  private func lost(_ reason: String) -> BenchmarkError {
    BenchmarkError(reason, because: hasAnswered ? .other : .unreachable)
  }
}
