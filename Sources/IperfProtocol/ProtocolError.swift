import BoundedJSON

/// A message of the peer that is not what the protocol permits.
public struct ProtocolError: Error, Sendable, Equatable {
  public enum Message: Sendable, Equatable {
    case parameters
    case results
    /// A message whose kind is not known where the error was found.
    case unidentified
  }

  public let message: Message
  /// The member at fault, with its place: `streams[2].bytes`; nil when the message as a whole is.
  public let key: String?
  /// What is wrong, as words that follow the key or the message: "is 129, where 1 to 128 is permitted". Values of the
  /// peer appear as `JSONValue.summary` shortens them.
  public let problem: String
  /// The code to answer with, in a `ServerErrorMessage`.
  public let code: IperfErrorCode

  /// - Parameter code: nil for the code iperf3 uses for this message as a whole.
  public init(_ message: Message, key: String? = nil, problem: String, code: IperfErrorCode? = nil) {
    self.message = message
    self.key = key
    self.problem = problem
    self.code = code ?? message.code
  }

  /// A message that is not JSON, or more of it than its limits permit.
  public init(_ message: Message, json error: JSONError) {
    self.init(message, problem: "cannot be read as JSON: \(error)")
  }
}

extension ProtocolError.Message: CustomStringConvertible {
  public var description: String {
    switch self {
    case .parameters: "test parameters"
    case .results: "results"
    case .unidentified: "message"
    }
  }

  /// The code iperf3 uses for a message of this kind that it cannot use.
  var code: IperfErrorCode {
    switch self {
    case .parameters: .receiveParameters
    case .results: .receiveResults
    case .unidentified: .message
    }
  }
}

extension ProtocolError: CustomStringConvertible {
  public var description: String {
    "the peer's \(message): " + (key.map { "\"\($0)\" " } ?? "") + problem
  }
}
