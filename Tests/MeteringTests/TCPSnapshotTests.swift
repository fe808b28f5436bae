import Glibc
import Linux
import SystemPackage
import Testing

@testable import Metering

@Suite("State of a TCP connection")
struct TCPSnapshotTests {
  @Test("A connection over loopback shows its congestion control, sizes and buffers")
  func connection() throws {
    let pair = try LoopbackConnection()
    defer { pair.close() }
    let bytes = [UInt8](repeating: 7, count: 100_000)
    #expect(send(pair.client, bytes, bytes.count, 0) > 0)
    var received = [UInt8](repeating: 0, count: 1000)
    #expect(recv(pair.server, &received, received.count, 0) == 1000)

    let snapshot = try TCPSnapshot(fd: pair.client)
    #expect(snapshot.congestion == MachineFacts.read().defaultCongestion)
    #expect(snapshot.sendMss > 500)
    #expect(snapshot.receiveMss > 0)
    #expect(snapshot.pathMtu >= snapshot.sendMss)
    #expect(snapshot.rtt > 0)
    #expect(snapshot.rtt < 10_000_000)
    #expect(snapshot.congestionWindow >= snapshot.sendMss)
    #expect(snapshot.congestionWindow % snapshot.sendMss == 0)
    #expect(snapshot.sendWindow > 0)
    #expect(snapshot.sendBuffer > 0)
    #expect(snapshot.receiveBuffer > 0)
    #expect(snapshot.totalRetransmits < 100)
  }

  @Test("Buffers are reported as the kernel doubled them")
  func buffers() throws {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #expect(fd >= 0)
    defer { close(fd) }
    var size: Int32 = 40_000
    #expect(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, 4) == 0)
    let snapshot = try TCPSnapshot(fd: fd)
    #expect(snapshot.receiveBuffer == 80_000)
    #expect(snapshot.sendBuffer != 80_000)
  }

  @Test("The name of the congestion control in use is told, not the default's")
  func chosenCongestion() throws {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #expect(fd >= 0)
    defer { close(fd) }
    #expect(setsockopt(fd, Int32(IPPROTO_TCP), TCP_CONGESTION, "reno", 4) == 0)
    #expect(try TCPSnapshot(fd: fd).congestion == "reno")
  }

  @Test("What is no TCP socket is refused with the kernel's answer")
  func notTCP() throws {
    #expect(throws: SystemCallError.self) { try TCPSnapshot(fd: -1) }
    let fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(fd) }
    let error = #expect(throws: SystemCallError.self) { try TCPSnapshot(fd: fd) }
    #expect(error?.errno == .notSupportedOnSocket)
    #expect(error?.call == "getsockopt")
  }
}

/// Two connected TCP sockets on a port of the kernel's choice.
private struct LoopbackConnection {
  let client: Int32
  let server: Int32

  init() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard listener >= 0 else { throw Errno(rawValue: errno) }
    defer { Glibc.close(listener) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let server = withUnsafeMutablePointer(to: &address) { typed in
      typed.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> Int32 in
        guard bind(listener, address, size) == 0, listen(listener, 1) == 0,
          getsockname(listener, address, &size) == 0, connect(client, address, size) == 0
        else { return -1 }
        return accept(listener, nil, nil)
      }
    }
    guard server >= 0 else { throw Errno(rawValue: errno) }
    self.client = client
    self.server = server
  }

  func close() {
    Glibc.close(client)
    Glibc.close(server)
  }
}
