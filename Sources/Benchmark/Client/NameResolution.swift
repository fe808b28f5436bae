import Linux
import Synchronization

/// Looks a host name up on a thread of its own: a resolver that waits for a silent name server cannot be interrupted, but
/// the user who typed ^C need not wait for it.
final class NameResolution: Sendable {
  private let finished: EventDescriptor
  private let answer = Mutex<Result<[SocketAddress], ResolutionError>?>(nil)

  /// Begins to look.
  init(of host: String, port: UInt16, family: SocketAddress.Family?) throws(SystemCallError) {
    finished = try EventDescriptor()
    let thread = try PinnedThread(name: "resolver", cpu: nil) { [self] _ in
      let result: Result<[SocketAddress], ResolutionError>
      do throws(ResolutionError) {
        result = .success(try SocketAddress.resolve(host, port: port, family: family, passive: false))
      } catch {
        result = .failure(error)
      }
      answer.withLock { $0 = result }
      finished.signal()
    }
    thread.detach()
  }

  enum Outcome {
    case addresses([SocketAddress])
    case failed(ResolutionError)
    case interrupted(String)
  }

  /// Waits for the answer or a signal, whichever comes first.
  func wait(_ signals: TerminationSignals) throws(SystemCallError) -> Outcome {
    let epoll = try Epoll()
    try epoll.add(finished.descriptor.number, .readable, tag: 0)
    try epoll.add(signals.descriptor.number, .readable, tag: 1)
    var ready: [(tag: UInt64, events: Epoll.Interest)] = []
    while true {
      try epoll.wait(milliseconds: -1, into: &ready)
      if let signal = signals.next() { return .interrupted(signal) }
      switch answer.withLock({ $0 }) {
      case .success(let addresses)?: return .addresses(addresses)
      case .failure(let error)?: return .failed(error)
      case nil: continue
      }
    }
  }
}
