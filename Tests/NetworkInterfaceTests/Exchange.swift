import Glibc
import Linux
import SystemPackage

/// TCP sockets of the namespace whose thread opens them. Nothing here waits longer than some seconds.
enum Exchange {
  struct Listener: Sendable {
    let descriptor: Int32
    let port: UInt16
  }

  static func listen(_ family: Int32, _ host: String) throws(SystemCallError) -> Listener {
    let descriptor = try open(family, milliseconds: 5000)
    var address = try sockaddr(family, host, port: 0)
    var size = length(family)
    let port: UInt16? = withUnsafeMutableBytes(of: &address) { bytes in
      guard let start = bytes.baseAddress?.assumingMemoryBound(to: Glibc.sockaddr.self),
        bind(descriptor, start, size) == 0, Glibc.listen(descriptor, 4) == 0, getsockname(descriptor, start, &size) == 0
      else { return nil }
      return UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
    }
    guard let port else { throw refusal("bind") }
    return Listener(descriptor: descriptor, port: port)
  }

  static func connect(
    _ family: Int32, _ host: String, _ port: UInt16, milliseconds: Int = 5000
  ) throws(SystemCallError) -> Int32 {
    let descriptor = try open(family, milliseconds: milliseconds)
    var address = try sockaddr(family, host, port: port)
    let result = withUnsafeMutableBytes(of: &address) { bytes in
      bytes.baseAddress.map {
        Glibc.connect(descriptor, $0.assumingMemoryBound(to: Glibc.sockaddr.self), length(family))
      } ?? -1
    }
    guard result == 0 else {
      let error = refusal("connect")
      close(descriptor)
      throw error
    }
    return descriptor
  }

  private static func open(_ family: Int32, milliseconds: Int) throws(SystemCallError) -> Int32 {
    let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw refusal("socket") }
    var limit = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
    let size = socklen_t(MemoryLayout<timeval>.size)
    guard setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size) == 0,
      setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size) == 0
    else { throw refusal("setsockopt") }
    return descriptor
  }

  private static func sockaddr(
    _ family: Int32, _ host: String, port: UInt16
  ) throws(SystemCallError) -> sockaddr_in6 {
    // sockaddr_in is the shorter: family and port stand at the same place in both.
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(family)
    address.sin6_port = port.bigEndian
    let result = withUnsafeMutableBytes(of: &address) { bytes in
      inet_pton(family, host, bytes.baseAddress.map { $0 + (family == AF_INET ? 4 : 8) })
    }
    guard result == 1 else { throw refusal("inet_pton") }
    return address
  }

  private static func length(_ family: Int32) -> socklen_t {
    socklen_t(family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size)
  }

  private static func refusal(_ call: String) -> SystemCallError {
    SystemCallError(attempt: "exchange bytes", call: call, errno: Errno(rawValue: errno))
  }
}
