import Glibc

/// An IPv4 or IPv6 address with the length of its network's prefix: "10.0.0.1/24", "fd00::1/64".
public struct InterfaceAddress: Sendable, Equatable {
  /// AF_INET or AF_INET6.
  let family: Int32
  /// 4 or 16 bytes, network byte order.
  let bytes: [UInt8]
  let prefixLength: Int
  private let text: String

  /// Reads "ADDRESS/LENGTH"; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let length = Int(parts[1]), parts[1].utf8.allSatisfy({ (48...57).contains($0) })
    else { return nil }
    let family = parts[0].contains(":") ? AF_INET6 : AF_INET
    var bytes = [UInt8](repeating: 0, count: family == AF_INET ? 4 : 16)
    guard inet_pton(family, String(parts[0]), &bytes) == 1, length <= bytes.count * 8 else { return nil }
    self.family = family
    self.bytes = bytes
    self.prefixLength = length
    self.text = text
  }
}

extension InterfaceAddress: CustomStringConvertible {
  public var description: String { text }
}
