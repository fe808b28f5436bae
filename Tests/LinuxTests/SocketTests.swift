import Glibc
import SystemPackage
import Testing

@testable import Linux

/// Whether this machine has the IPv6 loopback address.
private func hasIPv6() -> Bool {
  guard let socket = try? Socket(.ipv6),
    let address = try? SocketAddress.resolve("::1", port: 0, family: .ipv6, passive: true).first
  else { return false }
  return (try? socket.bind(to: address)) != nil
}

@Suite("Sockets and addresses")
struct SocketTests {
  private static func listener(_ host: String, _ family: SocketAddress.Family) throws -> Socket {
    let listener = try Socket(family)
    if family == .ipv6 { try listener.setIPv6Only(false) }
    let addresses = try SocketAddress.resolve(host, port: 0, family: family, passive: true)
    try listener.bind(to: try #require(addresses.first))
    try listener.listen(backlog: 4)
    return listener
  }

  private static func connect(to listener: Socket, from host: String) throws -> (near: Socket, far: Socket) {
    let port = try #require(listener.localAddress).port
    let address = try #require(try SocketAddress.resolve(host, port: port, family: nil, passive: false).first)
    let near = try Socket(address.family)
    try near.startConnecting(to: address)
    for _ in 0..<60_000 {
      if let far = try listener.accept() { return (near, far) }
      usleep(1000)
    }
    throw Errno.timedOut
  }

  @Test("An IPv4 peer of a socket for both families is shown as the IPv4 address it is", .enabled(if: hasIPv6()))
  func mappedAddress() throws {
    let (near, far) = try Self.connect(to: try Self.listener("::", .ipv6), from: "127.0.0.1")
    #expect(far.remoteAddress?.host == "127.0.0.1")
    #expect(far.remoteAddress?.family == .ipv6)
    #expect(far.remoteAddress?.port == near.localAddress?.port)
  }

  @Test("An IPv6 peer keeps its own address", .enabled(if: hasIPv6()))
  func plainIPv6() throws {
    let (_, far) = try Self.connect(to: try Self.listener("::", .ipv6), from: "::1")
    #expect(far.remoteAddress?.host == "::1")
  }

  @Test("A read finds nothing, then the bytes, then the end")
  func reads() throws {
    let (near, far) = try Self.connect(to: try Self.listener("127.0.0.1", .ipv4), from: "127.0.0.1")
    #expect(far.receive(atMost: 10) == .nothing)
    #expect(try near.send([1, 2, 3, 4][1...]) == 3)
    try wait { (try? far.queuedBytes()) == 3 }
    #expect(far.receive(atMost: 2) == .bytes([2, 3]))
    #expect(far.receive(atMost: 2) == .bytes([4]))
    near.shutDown(sending: true, receiving: false)
    try wait { far.receive(atMost: 1) == .endOfStream }
    #expect(far.receive(atMost: 1) == .endOfStream)
  }

  @Test("A connection that was reset fails with the kernel's word for it")
  func reset() throws {
    var (near, far): (Socket?, Socket) = try Self.connect(to: try Self.listener("127.0.0.1", .ipv4), from: "127.0.0.1")
    var linger = linger(l_onoff: 1, l_linger: 0)
    let size = socklen_t(MemoryLayout<Glibc.linger>.size)
    #expect(setsockopt(near?.number ?? -1, SOL_SOCKET, SO_LINGER, &linger, size) == 0)
    near = nil
    try wait { far.receive(atMost: 1) != .nothing }
    // The first read took the error; a connection that is gone has no addresses and takes no bytes any more.
    #expect(far.remoteAddress == nil)
    let error = #expect(throws: SystemCallError.self) { try far.send([1][...]) }
    #expect(error?.errno == .brokenPipe)
  }

  @Test("No waiting connection is no error")
  func acceptsNothing() throws {
    #expect(try Self.listener("127.0.0.1", .ipv4).accept() == nil)
  }

  @Test("A refused connection is told by takeError, once")
  func refusedConnection() throws {
    // Bound and not listening: nobody else gets the port meanwhile.
    let placeholder = try Socket(.ipv4)
    try placeholder.bind(
      to: try #require(try SocketAddress.resolve("127.0.0.1", port: 0, family: .ipv4, passive: true).first))
    let socket = try Socket(.ipv4)
    let address = try #require(placeholder.localAddress)
    do throws(SystemCallError) {
      try socket.startConnecting(to: address)
    } catch {
      #expect(error.errno == .connectionRefused)
      return
    }
    var refusal: Errno?
    try wait {
      refusal = refusal ?? socket.takeError()
      return refusal != nil
    }
    #expect(refusal == .connectionRefused)
    #expect(socket.takeError() == nil)
  }

  @Test("A congestion control that the kernel does not have is refused with advice")
  func unknownCongestionControl() throws {
    let error = #expect(throws: SystemCallError.self) { try Socket(.ipv4).setCongestionControl("nonesuch") }
    #expect(error?.errno == .noSuchFileOrDirectory)
    #expect(error?.description.contains("'nonesuch'") == true)
    #expect(error?.advice?.contains("tcp_available_congestion_control") == true)
  }

  @Test("A name that does not resolve is an error that names it and the family asked for")
  func unresolvable() {
    let error = #expect(throws: ResolutionError.self) {
      try SocketAddress.resolve("::1", port: 1, family: .ipv4, passive: false)
    }
    #expect(error?.description.hasPrefix("cannot resolve host '::1' (IPv4 asked for with -4): ") == true)
  }

  /// Waits until `condition` holds, a minute at least.
  private func wait(until condition: () throws -> Bool) throws {
    for _ in 0..<60_000 {
      if try condition() { return }
      usleep(1000)
    }
    throw Errno.timedOut
  }
}
