import Glibc
import SystemPackage

/// An IPv4 or IPv6 address with a port, as the kernel keeps it.
public struct SocketAddress: Sendable {
  private var storage: sockaddr_storage
  private var length: socklen_t

  public enum Family: Sendable, Hashable {
    case ipv4
    case ipv6

    var number: Int32 { self == .ipv4 ? AF_INET : AF_INET6 }
  }

  /// Reads the address a socket call writes; nil when it is of another family.
  init?(_ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) {
    storage = sockaddr_storage()
    length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = withUnsafeMutablePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, &length) }
    }
    guard result >= 0, storage.ss_family == AF_INET || storage.ss_family == AF_INET6 else { return nil }
  }

  private init(_ info: addrinfo) {
    storage = sockaddr_storage()
    length = info.ai_addrlen
    withUnsafeMutableBytes(of: &storage) { storage in
      storage.copyMemory(from: UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen)))
    }
  }

  public var family: Family { storage.ss_family == AF_INET ? .ipv4 : .ipv6 }

  /// The numeric address. An IPv4 peer of an IPv6 socket (::ffff:192.0.2.1) is shown as the IPv4 address it is.
  public var host: String {
    let text = numeric(NI_NUMERICHOST).host
    return text.hasPrefix("::ffff:") && text.contains(".") ? String(text.dropFirst("::ffff:".count)) : text
  }

  public var port: UInt16 { UInt16(numeric(NI_NUMERICSERV).service) ?? 0 }

  /// Of fe80::/10, and no word of the interface it is on: the kernel cannot tell which one is meant (ipv6(7),
  /// sin6_scope_id).
  public var isLinkLocalWithoutScope: Bool {
    guard family == .ipv6 else { return false }
    return withUnsafeBytes(of: storage) { bytes in
      let address = bytes.loadUnaligned(as: sockaddr_in6.self)
      let first = withUnsafeBytes(of: address.sin6_addr) { Array($0.prefix(2)) }
      return first[0] == 0xFE && first[1] & 0xC0 == 0x80 && address.sin6_scope_id == 0
    }
  }

  private func numeric(_ flags: Int32) -> (host: String, service: String) {
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    var service = [CChar](repeating: 0, count: Int(NI_MAXSERV))
    let error = withSockaddr { address, length in
      getnameinfo(
        address, length, &host, socklen_t(host.count), &service, socklen_t(service.count),
        NI_NUMERICHOST | NI_NUMERICSERV)
    }
    guard error == 0 else { return ("unknown", "0") }
    return (text(of: host), text(of: service))
  }

  private func text(of characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }

  /// The addresses of `host` (getaddrinfo(3)), in the resolver's order of preference.
  ///
  /// - Parameters:
  ///   - host: a name or a numeric address; nil with `passive` is the wildcard address.
  ///   - family: nil for both.
  public static func resolve(
    _ host: String?, port: UInt16, family: Family?, passive: Bool
  ) throws(ResolutionError) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_family = family?.number ?? AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = passive ? AI_PASSIVE : 0
    var list: UnsafeMutablePointer<addrinfo>?
    let error = getaddrinfo(host, String(port), &hints, &list)
    guard error == 0 else {
      let system = error == EAI_SYSTEM ? Errno(rawValue: errno) : nil
      throw ResolutionError(
        host: host ?? "*", family: family, reason: system.map { "\($0)" } ?? String(cString: gai_strerror(error)))
    }
    defer { freeaddrinfo(list) }
    return sequence(first: list) { $0?.pointee.ai_next }.prefix { $0 != nil }.compactMap { $0 }.map {
      SocketAddress($0.pointee)
    }
  }
}

extension SocketAddress {
  /// Those of an interface that another machine can reach it by, IPv4 first; none where it has none.
  public static func addresses(of interface: String) -> [SocketAddress] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    let entries = sequence(first: list) { $0?.pointee.ifa_next }.prefix { $0 != nil }.compactMap { $0?.pointee }
    let found = entries.filter { String(cString: $0.ifa_name) == interface }.compactMap(SocketAddress.init)
    return found.filter { $0.family == .ipv4 } + found.filter { $0.family == .ipv6 && !$0.host.hasPrefix("fe80:") }
  }

  private init?(_ entry: ifaddrs) {
    guard let address = entry.ifa_addr else { return nil }
    let length =
      switch Int32(address.pointee.sa_family) {
      case AF_INET: MemoryLayout<sockaddr_in>.size
      case AF_INET6: MemoryLayout<sockaddr_in6>.size
      default: 0
      }
    guard length > 0 else { return nil }
    self.init { storage, size in
      UnsafeMutableRawPointer(storage).copyMemory(from: address, byteCount: length)
      size.pointee = socklen_t(length)
      return 0
    }
  }
}

/// A host name that no address could be found for.
public struct ResolutionError: Error, Sendable, CustomStringConvertible {
  public let host: String
  public let family: SocketAddress.Family?
  /// The resolver's own words.
  public let reason: String

  public var description: String {
    let kind =
      switch family {
      case .ipv4?: " (IPv4 asked for with -4)"
      case .ipv6?: " (IPv6 asked for with -6)"
      case nil: ""
      }
    return "cannot resolve host '\(host)'\(kind): \(reason) — check the name, or give a numeric address"
  }
}
