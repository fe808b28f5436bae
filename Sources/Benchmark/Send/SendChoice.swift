import Glibc
import Linux
import NetworkInterface

/// How a client sends, and why.
public struct SendChoice: Sendable, Equatable {
  public var method: SendMethod
  /// Why, where the user left the choice to us.
  public var reason: String?
  /// The kernel's notifications about the first sends decide whether it stays with the method.
  public var isProbing = false

  /// What asks for a choice on the command line.
  public static let automatic = "auto"

  /// What the way to the server is made of.
  enum Way: Equatable {
    /// The server is on this machine.
    case loopback
    /// A virtual cable between network namespaces.
    case veth(String)
    /// Anything else: its name, and what drives it.
    case device(String, String)
    case unknown(String)

    init(to peer: SocketAddress?) {
      guard let peer else {
        self = .unknown("the connection's address could not be read")
        return
      }
      do throws(SystemCallError) {
        guard let interface = try InterfaceIdentity.read(towards: peer.host) else {
          self = .unknown("the kernel names no interface to the server")
          return
        }
        self.init(interface)
      } catch {
        self = .unknown("\(error)")
      }
    }

    init(_ interface: InterfaceIdentity) {
      // Every address of this machine is reached through lo, the first interface of every network namespace.
      if interface.index == 1, interface.name == "lo" {
        self = .loopback
      } else if interface.kind == "veth" {
        self = .veth(interface.name)
      } else {
        self = .device(interface.name, interface.driver ?? interface.kind ?? "no driver known")
      }
    }
  }

  /// - Parameters:
  ///   - refusal: asks the kernel whether it refuses a method.
  init(default way: Way, refusal: (SendMethod) -> SystemCallError?) {
    switch way {
    case .loopback:
      self.init(
        best: .splice, because: "the server is on this machine, where zero-copy sends are copied and spliced pages not",
        refusal)
    case .veth(let name):
      self.init(
        best: .splice, because: "\(name) is a veth, where zero-copy sends are copied and spliced pages are not", refusal
      )
    case .device(let name, let driver):
      let because = "through \(name) (\(driver)), for as long as the kernel's notifications say that it does not copy"
      self.init(best: .uringZeroCopy, because: because, refusal)
    case .unknown(let problem):
      self.init(method: .write, reason: problem)
    }
  }

  private init(method: SendMethod, reason: String?) {
    self.method = method
    self.reason = reason
  }

  /// The best method the kernel does not refuse; the reason names those it does.
  private init(best: SendMethod, because: String, _ refusal: (SendMethod) -> SystemCallError?) {
    let ladder: [SendMethod] =
      best == .splice ? [.splice, .sendfile, .write] : [.uringZeroCopy, .msgZeroCopy, .write]
    var refusals: [String] = []
    for method in ladder {
      if let error = refusal(method) {
        refusals.append("not \(method.rawValue): \(error)")
        continue
      }
      let reasons = (method == .write ? [] : [because]) + refusals
      self.init(method: method, reason: reasons.joined(separator: "; "))
      isProbing = method.isNotified
      return
    }
    self.init(method: .write, reason: refusals.joined(separator: "; "))
  }

  /// The method the user asked for.
  init(named method: SendMethod) {
    self.init(method: method, reason: nil)
  }
}
