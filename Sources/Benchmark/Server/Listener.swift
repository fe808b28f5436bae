import Linux
import SystemPackage

/// The socket a server accepts on: one that serves both families where the machine has IPv6, otherwise one of the family
/// there is. Accepted connections inherit its buffers. One object, so that nobody else keeps a socket open that it closes.
public final class Listener {
  private(set) var socket: Socket
  private(set) var buffers: StreamBuffers
  private let onlyIPv6: Bool
  /// Flow rules may be made for its connections, and whether they match is a matter of the headers.
  private let savesSYN: Bool

  /// Takes the port; nobody can connect before `listen()`.
  ///
  /// - Throws: `BenchmarkError` when there is no such address or the port cannot be had.
  public init(_ configuration: ServerConfiguration) throws(BenchmarkError) {
    let port = configuration.port
    buffers = StreamBuffers(receive: configuration.receiveBuffer)
    onlyIPv6 = configuration.family == .ipv6
    savesSYN = configuration.interface != nil
    let addresses: [SocketAddress]
    do throws(ResolutionError) {
      addresses = try SocketAddress.resolve(
        configuration.bindAddress, port: port, family: configuration.family, passive: true)
    } catch {
      throw BenchmarkError(error)
    }
    // An IPv6 wildcard socket accepts IPv4 too unless only IPv6 was asked for.
    let preferred = addresses.first { $0.family == .ipv6 } ?? addresses.first
    let candidates = [preferred, addresses.first { $0.family == .ipv4 }].compactMap { $0 }
    var refusal: SystemCallError?
    for address in configuration.bindAddress == nil ? candidates : Array(addresses.prefix(1)) {
      do throws(SystemCallError) {
        socket = try Listener.bind(to: address, onlyIPv6: onlyIPv6, buffers)
        return
      } catch {
        refusal = refusal ?? error
        // Only a machine without IPv6 is a reason to try the next family.
        guard error.errno == .addressFamilyNotSupported || error.errno == .addressNotAvailable else { break }
      }
    }
    throw refusal.map { BenchmarkError($0) } ?? BenchmarkError("no address to listen on was found")
  }

  /// Lets connections come.
  ///
  /// - Throws: EADDRINUSE when another socket of the port has begun to listen meanwhile.
  func listen() throws(SystemCallError) {
    try listen(on: socket)
  }

  /// Listens anew on the same address with other buffers for the connections to come. The old socket listens until the new
  /// one does: were the port free for a moment, any user of the machine could take it, and the server would be deaf.
  ///
  /// - Returns: the old socket. Those in its queue are reset when it is closed, so that they are to be accepted before.
  /// - Throws: with the old socket still listening.
  func reopen(_ buffers: StreamBuffers) throws(SystemCallError) -> Socket {
    guard let address = localAddress else {
      throw SystemCallError(attempt: "listen anew", call: "getsockname", errno: .badFileDescriptor)
    }
    let old = socket
    // Only for as long as both are there, so that no second server can share the port.
    try old.allowPortSharing(true)
    do throws(SystemCallError) {
      let new = try Listener.bind(to: address, onlyIPv6: onlyIPv6, buffers, sharesPort: true)
      try listen(on: new)
      try new.allowPortSharing(false)
      (socket, self.buffers) = (new, buffers)
    } catch {
      try old.allowPortSharing(false)
      throw error
    }
    return old
  }

  private static func bind(
    to address: SocketAddress, onlyIPv6: Bool, _ buffers: StreamBuffers, sharesPort: Bool = false
  ) throws(SystemCallError) -> Socket {
    let socket = try Socket(address.family)
    try socket.allowAddressReuse()
    if sharesPort { try socket.allowPortSharing(true) }
    try buffers.apply(to: socket)
    if address.family == .ipv6 { try socket.setIPv6Only(onlyIPv6) }
    let (host, port) = (address.host, address.port)
    do throws(SystemCallError) {
      try socket.bind(to: address)
    } catch {
      let advice: String? =
        switch error.errno {
        case .addressInUse: "another program uses the port (ss -ltnp 'sport = :\(port)'); choose one with -p"
        case .addressNotAvailable: "this machine does not have that address (ip address); choose one with -B"
        case .permissionDenied: "ports below net.ipv4.ip_unprivileged_port_start need privileges; choose one with -p"
        case .invalidArgument where address.isLinkLocalWithoutScope:
          "a link-local address is one of every interface: name the one to use, as in \(host)%eth0"
        default: nil
        }
      throw SystemCallError(
        attempt: "listen on \(host) port \(port)", call: error.call, errno: error.errno, advice: advice)
    }
    return socket
  }

  /// Connections that wait to be accepted: room for 128 streams of a test that all connect at once, and as many strangers.
  static let backlog: Int32 = 512

  private func listen(on socket: Socket) throws(SystemCallError) {
    // A kernel that keeps none leaves one likely cause unsaid.
    if savesSYN { try? socket.saveSYN() }
    try socket.listen(backlog: Listener.backlog)
  }

  var localAddress: SocketAddress? { socket.localAddress }
}
