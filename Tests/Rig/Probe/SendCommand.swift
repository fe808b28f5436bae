import ArgumentParser
import Benchmark
import BoundedJSON
import CLinux
import Glibc
import Linux
import Synchronization
import SystemPackage

struct SendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send", abstract: "Sends the verification pattern, the whole of it on every flow.")

  @Argument(help: "Name or numeric address.")
  var host: String
  @Option(name: .shortAndLong, help: "TCP port.")
  var port: UInt16
  @Option(help: "MiB on each flow.")
  var mib: UInt64?
  @Option(help: "Bytes on each flow.")
  var bytes: UInt64?
  @Option(help: "Connections at once.")
  var flows = 1
  @Option(help: "Send from this network namespace (/run/netns/NAME).")
  var netns: String?
  @Option(help: "Bytes of one send(2).")
  var chunk = 128 << 10

  func validate() throws {
    guard (mib == nil) != (bytes == nil) else { throw ValidationError("Give either --mib or --bytes.") }
    guard flows > 0, (1...Pattern.longestPiece).contains(chunk) else {
      throw ValidationError("--flows is at least 1, --chunk at most \(Pattern.longestPiece).")
    }
  }

  func run() throws {
    do throws(SystemCallError) {
      try enterNamespace()
      let addresses: [SocketAddress]
      do throws(ResolutionError) {
        addresses = try SocketAddress.resolve(host, port: port, family: nil, passive: false)
      } catch {
        throw SystemCallError(attempt: "\(error)", call: "getaddrinfo", errno: .noSuchAddressOrDevice)
      }
      let sender = Sender(address: addresses[0], count: bytes ?? (mib ?? 0) << 20, chunk: chunk)
      try sender.send(flows: flows)
      printLine(["sent": .count(sender.sent), "flows": .count(flows)])
    } catch {
      printLine(["failed": .string(error.errno.name), "message": .string(error.description)])
      throw ExitCode.failure
    }
  }

  private func enterNamespace() throws(SystemCallError) {
    guard let netns else { return }
    let path = "/run/netns/\(netns)"
    let file = Descriptor(owning: try checked("open", to: "open \(path)") { open(path, O_RDONLY | O_CLOEXEC) })
    try checkedAnswer("setns", to: "enter network namespace \(netns)") { zb_enter_network(file.number) }
  }
}
