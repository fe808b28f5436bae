import Glibc
import Linux
import SystemPackage
import Testing

@testable import Benchmark

@Suite("The listening socket")
struct ListenerTests {
  private let listener: Listener
  private let address: SocketAddress

  init() throws {
    var configuration = try ServerConfiguration.oneWorker()
    (configuration.port, configuration.bindAddress) = (0, "127.0.0.1")
    listener = try Listener(configuration)
    try listener.listen()
    address = try #require(listener.localAddress)
  }

  private func connect() throws -> Socket {
    let socket = try Socket(.ipv4)
    try socket.startConnecting(to: address)
    return socket
  }

  private func accept(on socket: Socket) throws -> Socket {
    var accepted: Socket?
    try eventually("a connection is accepted") {
      accepted = try socket.accept()
      return accepted != nil
    }
    return try #require(accepted)
  }

  /// What a stranger is told that wants to listen on the same port.
  private func stranger() throws -> Errno? {
    let socket = try Socket(.ipv4)
    try socket.allowAddressReuse()
    do throws(SystemCallError) {
      try socket.bind(to: address)
      try socket.listen(backlog: 1)
      return nil
    } catch {
      return error.errno
    }
  }

  @Test("Opened again it has the new buffers on the same port, and the old socket listens until the new one does")
  func reopens() throws {
    let old = try listener.reopen(StreamBuffers(receive: 100_000))
    #expect(listener.localAddress?.port == address.port)
    #expect(listener.buffers == StreamBuffers(receive: 100_000))
    // Both are there, so that at no moment anybody else could have taken the port.
    #expect(try stranger() == .addressInUse)
    _ = old
    let client = try connect()
    try eventually("the connection is in one of the two queues") {
      if let accepted = try listener.socket.accept() {
        #expect(try accepted.receiveBuffer() >= 200_000)
        return true
      }
      return try old.accept() != nil
    }
    _ = client
  }

  @Test("Who waited to be accepted on the old socket still can be")
  func keepsItsQueue() throws {
    let clients = [try connect(), try connect()]
    let old = try listener.reopen(StreamBuffers(receive: 100_000))
    for _ in clients { _ = try accept(on: old) }
  }

  @Test("One that cannot be opened again listens on as it was, and alone")
  func keepsListening() throws {
    // More than any kernel grants.
    #expect(throws: SystemCallError.self) { _ = try listener.reopen(StreamBuffers(receive: Int32.max)) }
    #expect(listener.buffers == .kernels)
    let client = try connect()
    _ = try accept(on: listener.socket)
    _ = client
    #expect(try stranger() == .addressInUse)
  }
}
