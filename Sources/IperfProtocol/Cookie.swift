/// What ties the connections of one iperf3 test together: the client sends it first on the control connection and first
/// on each data connection. This is the form of iperf3 3.2 and later (iperf_util.c, `make_cookie`); earlier ones sent a
/// host name and the time.
public struct Cookie: Equatable, Sendable {
  /// Bytes on the wire: 36 characters and a NUL.
  public static let length = 37

  private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

  private let characters: [UInt8]

  /// A random cookie.
  public init(using generator: inout some RandomNumberGenerator) {
    var characters: [UInt8] = []
    for _ in 1..<Self.length {
      characters.append(Self.alphabet[Int.random(in: Self.alphabet.indices, using: &generator)])
    }
    self.characters = characters
  }

  /// The cookie in exactly `length` bytes; nil when they are no cookie.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.length, Self.canBegin(with: bytes) else { return nil }
    characters = Array(bytes.dropLast())
  }

  /// The cookie as it goes over the wire, NUL included.
  public var bytes: [UInt8] { characters + [0] }

  /// The 36 characters.
  public var text: String { String(decoding: characters, as: UTF8.self) }

  /// Whether `prefix` could still become a cookie; what cannot is the beginning of a raw stream. More bytes than a
  /// cookie has are no prefix of one.
  public static func canBegin(with prefix: some Collection<UInt8>) -> Bool {
    guard prefix.count <= length else { return false }
    return prefix.enumerated().allSatisfy { index, byte in
      index == length - 1 ? byte == 0 : alphabet.contains(byte)
    }
  }
}
