import ArgumentParser
import BoundedJSON
import Glibc
import Linux
import SystemPackage
import Uring

/// How much of what arrives the kernel is expected to have copied, by its own count.
enum CopyExpectation: String, ExpressibleByArgument, CaseIterable {
  case none, all, any

  func isMet(_ statistics: ZeroCopyStatistics?, _ account: ReceiveAccount) -> Bool {
    guard let copied = statistics?.copyBytes else { return false }
    switch self {
    case .none: return copied == 0
    case .all: return copied == account.bytes && account.provenZeroCopyBytes == 0
    case .any: return copied > 0
    }
  }
}

struct ReceiveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receive", abstract: "Registers a queue, listens, and receives flows until all have ended.")

  @OptionGroup var queue: QueueArguments
  @Option(name: .shortAndLong, help: "TCP port to listen on, IPv4 and IPv6.")
  var port: UInt16
  @Option(help: "Bytes expected over all flows.")
  var bytes: UInt64?
  @Option(help: "MiB expected over all flows.")
  var mib: UInt64?
  @Option(help: "Connections to wait for.")
  var flows = 1
  @Flag(help: "Compare every byte with the pattern.")
  var verify = false
  @Option(help: "How much the kernel must have copied by its own count: none, all or any.")
  var expectCopied: CopyExpectation?
  @Option(help: "Keep back so many buffers until the kernel complains.")
  var holdBuffers = 0
  @Option(help: "Kill this process, still holding buffers, after so many bytes.")
  var killSelfAt: UInt64?
  @Option(help: "Flush after so many buffers; 0: only when the kernel complains. Without a device 64, otherwise 0.")
  var flushEvery: UInt64?
  @Option(help: "Cancel and arm anew after so many bytes of a flow, again and again.")
  var cancelEvery: UInt64?
  @Option(help: "Seconds for the whole run.")
  var timeout = 30.0
  @Flag(help: "The flows land on other queues, so that all is copied: fail when a byte is proven to be zero-copy.")
  var unsteered = false

  func validate() throws {
    guard bytes == nil || mib == nil else { throw ValidationError("Give --bytes or --mib, not both.") }
    guard cancelEvery != 0 else { throw ValidationError("--cancel-every is at least 1.") }
    guard flows > 0, holdBuffers >= 0, timeout > 0, timeout < 86400 else {
      throw ValidationError("--flows is at least 1, --hold-buffers at least 0, --timeout within a day.")
    }
  }

  func run() throws {
    var retries = 0
    let ring: ZeroCopyRing
    do throws(ZeroCopyRegistrationError) {
      ring = try queue.open(retries: &retries)
    } catch {
      throw queue.report(error)
    }
    let loop: ReceiveLoop
    do throws(SystemCallError) {
      // Not before: packets that arrive before the queue is registered lie in ordinary pages.
      let listener = try listen()
      var ready = ring.queue.facts
      ready["ready"] = .bool(true)
      ready["port"] = .count(port)
      ready["retries"] = .count(retries)
      printLine(ready)
      loop = ReceiveLoop(ring, listener: listener, plan: plan, check: verify ? PatternCheck() : nil)
    } catch {
      printLine(["failed": .string(error.errno.name), "message": .string(error.description)])
      throw ExitCode.failure
    }
    guard finish(loop) else { throw ExitCode.failure }
  }

  private var plan: ReceiveLoop.Plan {
    ReceiveLoop.Plan(
      flows: flows, heldBuffers: holdBuffers, killAt: killSelfAt, flushEvery: flushEvery ?? (queue.nodev ? 64 : 0),
      cancelEvery: cancelEvery, timeout: Int64(timeout * 1e9))
  }

  /// Receives and prints the outcome.
  /// - Returns: whether all is as expected.
  private func finish(_ loop: consuming ReceiveLoop) -> Bool {
    let begin = MonotonicTime.now().nanoseconds
    var problems: [String] = []
    do throws(SystemCallError) {
      try loop.run()
    } catch {
      problems.append(error.description)
    }
    let account = loop.account
    let statistics = loop.ring.queue.statistics
    if let failure = account.failure { problems.append("a flow ended with \(failure)") }
    if let expected = bytes ?? mib.map({ $0 << 20 }), account.bytes != expected {
      problems.append("\(account.bytes) bytes came, \(expected) were expected")
    }
    if account.badBytes > 0 { problems.append("\(account.badBytes) bytes are wrong") }
    if let expectCopied, !expectCopied.isMet(statistics, account) {
      problems.append("not the copying that was expected: \(expectCopied.rawValue)")
    }
    if unsteered && account.provenZeroCopyBytes > 0 { problems.append("bytes came through the queue") }

    var line = account.json
    line["ok"] = .bool(problems.isEmpty)
    line["problems"] = .array(problems.map { .string($0) })
    line["copy_count"] = statistics.map { .count($0.copyCount) } ?? .null
    line["copy_bytes"] = statistics.map { .count($0.copyBytes) } ?? .null
    line["flushes"] = .count(loop.ring.queue.flushes)
    line["refill"] = .object([
      "returned": .count(loop.ring.queue.refill.returned),
      "occupancy_high_water": .count(loop.ring.queue.refill.occupancyHighWater),
      "backlog_high_water": .count(loop.ring.queue.refill.backlogHighWater),
    ])
    line["flow_bytes"] = .array(loop.flows.map { .count($0.bytes) })
    line["napi_ids"] = .array(loop.flows.map { .count((try? $0.socket.incomingNAPI()) ?? 0) })
    line["nanoseconds"] = .count(MonotonicTime.now().nanoseconds - begin)
    loop.close()
    printLine(line)
    return problems.isEmpty
  }

  private func listen() throws(SystemCallError) -> Socket {
    let addresses: [SocketAddress]
    do throws(ResolutionError) {
      addresses = try SocketAddress.resolve("::", port: port, family: .ipv6, passive: true)
    } catch {
      throw SystemCallError(attempt: "\(error)", call: "getaddrinfo", errno: .invalidArgument)
    }
    let socket = try Socket(.ipv6)
    try socket.allowAddressReuse()
    try socket.setIPv6Only(false)
    try socket.bind(to: addresses[0])
    try socket.listen(backlog: 128)
    return socket
  }
}
