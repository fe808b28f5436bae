import Linux
import NetworkInterface

/// The two hosts of a demo. Namespaces have no name and so vanish with the processes in them, however those end.
struct DemoHosts: ~Copyable {
  enum Role {
    case server
    case client
  }

  private let namespaces: Namespaces?
  /// What joins the hosts, and why it is not more, in words.
  let description: String

  private struct Namespaces: ~Copyable {
    let server: NetworkNamespace
    let client: NetworkNamespace
  }

  // RFC 5737 and RFC 3849: addresses for documentation, which no real host here can have.
  private static let addresses = (server: "192.0.2.1", client: "192.0.2.2")

  /// Two namespaces and a cable between them, or the loopback interface where that is refused.
  init() {
    do throws(SystemCallError) {
      namespaces = try DemoHosts.cabled()
      description = "server and client in two network namespaces, joined by a veth pair."
    } catch {
      namespaces = nil
      description = "server and client on the loopback interface, because a veth pair cannot be had (\(error))."
    }
  }

  private static func cabled() throws(SystemCallError) -> Namespaces {
    let hosts = Namespaces(server: try NetworkNamespace(), client: try NetworkNamespace())
    try VethPair.create(
      left: hosts.server,
      .init(name: "veth-server", addresses: [InterfaceAddress("\(addresses.server)/24")].compactMap { $0 }),
      right: hosts.client,
      .init(name: "veth-client", addresses: [InterfaceAddress("\(addresses.client)/24")].compactMap { $0 }))
    return hosts
  }

  /// Where the client finds the server.
  var serverAddress: String { namespaces == nil ? "127.0.0.1" : DemoHosts.addresses.server }

  /// Starts a program on one of the hosts.
  func start(_ arguments: [String], on role: Role) throws(BenchmarkError) -> ChildProcess {
    do throws(SystemCallError) {
      return ChildProcess(try running(arguments, on: role))
    } catch {
      throw BenchmarkError(error)
    }
  }

  private func running(_ arguments: [String], on role: Role) throws(SystemCallError) -> ChildProcess.Running {
    switch namespaces {
    case nil:
      return try ChildProcess.start(arguments)
    case .some(let hosts):
      let start: @Sendable () throws(SystemCallError) -> ChildProcess.Running = { () throws(SystemCallError) in
        try ChildProcess.start(arguments)
      }
      return role == .server ? try hosts.server.run(start).get() : try hosts.client.run(start).get()
    }
  }

  /// The port a server said it listens on; nil until it has.
  static func port(in server: ChildProcess) -> UInt16? {
    let announcement = "Server listening on "
    let text = String(decoding: server.standardOutput, as: UTF8.self)
    // Only a whole line has the whole number.
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    where line.hasPrefix(announcement) {
      return UInt16(line.dropFirst(announcement.count))
    }
    return nil
  }
}
