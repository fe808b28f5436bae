import Linux
import Metering
import NetworkInterface
import Uring

/// Whether zero-copy receive can be used here, line by line, found without changing anything.
public struct Examination: Sendable, Equatable {
  /// One interface and one of its queues.
  public struct Subject: Sendable, Equatable {
    public var interface: String
    public var index: UInt32
    public var queue: Int
    public var checks: [Check]
    /// The commands of ethtool(8) for what the server would change on it; nil where it would refuse, or is told to change
    /// nothing.
    public var setup: [String]?
  }

  public var kernelRelease: String
  /// What io_uring can do in this kernel.
  public var kernel: [Check]
  /// This process and this machine.
  public var machine: [Check]
  /// Nil where no interface was given.
  public var subject: Subject?

  public init(kernelRelease: String, kernel: [Check], machine: [Check], subject: Subject? = nil) {
    self.kernelRelease = kernelRelease
    self.kernel = kernel
    self.machine = machine
    self.subject = subject
  }

  /// Examines this machine, and an interface where one is given.
  ///
  /// - Parameters:
  ///   - queue: of the interface; nil for the last one.
  ///   - preparesInterface: judge the interface as a server finds it that prepares it, and not as it is now.
  /// - Throws: a usage error where there is no such interface.
  public static func run(
    interface: String? = nil, queue: Int? = nil, preparesInterface: Bool = true
  ) throws(BenchmarkError) -> Examination {
    let support = ZeroCopySupport.discover()
    let found = try interface.map { (name) throws(BenchmarkError) in
      try read(name, queue: queue, preparesInterface)
    }
    let privileges = Reading(Privileges.ofThisThread).value
    let sizing = ZeroCopyStart.sizing(
      ZeroCopyWish(interface: interface, queues: nil), bufferLength: 0,
      receiveRing: found.map { ZeroCopyStart.descriptors(of: $0.nic.rings) } ?? 0)
    return Examination(
      kernelRelease: support.kernelRelease, kernel: KernelChecks.all(support),
      machine: MachineChecks.all(support, privileges, .read(), areaBytes: sizing.areaBytes),
      subject: found.map { facts in
        Subject(
          interface: facts.nic.identity.name, index: facts.nic.identity.index, queue: facts.receive.queue,
          checks: InterfaceChecks.all(facts),
          setup: facts.preparation?.commands(for: facts.nic.identity.name))
      })
  }

  private static func read(
    _ name: String, queue: Int?, _ preparesInterface: Bool
  ) throws(BenchmarkError) -> InterfaceFacts {
    var facts: InterfaceFacts
    do throws(InterfaceProblem) {
      let nic = try NICState.read(name)
      let count = nic.channels.value?.receiveQueues ?? nic.identity.receiveQueueCapacity
      do throws(SystemCallError) {
        facts = InterfaceFacts(
          nic: nic, receive: try .read(interface: nic.identity, queue: queue ?? max(0, count - 1)),
          tenancy: Reading { () throws(SystemCallError) in try .read(interface: nic.identity.index) },
          preparesInterface: preparesInterface)
      } catch {
        throw InterfaceProblem.system(error)
      }
    } catch {
      if case .noSuchInterface = error { throw BenchmarkError("\(error) (-i)", .usage) }
      throw BenchmarkError("\(error)")
    }
    // A server does not begin to prepare what is known to be unable.
    guard preparesInterface, !facts.isDriverIncapable, facts.nic.identity.kind != "netkit" else { return facts }
    let wish = ZeroCopyWish(interface: name, queues: "\(facts.receive.queue)")
    facts.preparation = try preparation(ZeroCopyStart.request(name, wish), facts.tenancy.value)
    return facts
  }

  /// By the plan that the server makes from the same request.
  private static func preparation(
    _ request: LeaseRequest, _ tenancy: LeaseTenancy?
  ) throws(BenchmarkError) -> Preparation {
    do throws(LeaseError) {
      var state = try InterfaceLease.state(for: request)
      // Contexts of a tenant go with it; so do its rules, which have a line of their own.
      state.furtherSpreading = state.furtherSpreading.map { contexts in contexts.filter { tenancy?.owns($0) != true } }
      state.flowRules = state.flowRules.map { table in
        var table = table
        table.rules.removeAll { tenancy?.owns($0) == true }
        return table
      }
      return Preparation(request.wish, in: state)
    } catch {
      throw BenchmarkError("\(error)")
    }
  }

  /// All lines.
  public var checks: [Check] { kernel + machine + (subject?.checks ?? []) }

  /// What follows from them.
  public enum Verdict: String, Sendable {
    case ready
    /// Something stands in the way that can be mended.
    case problem
    /// This machine cannot do it.
    case unsupported
  }

  public var verdict: Verdict {
    let states = checks.map(\.state)
    if states.contains(.impossible) { return .unsupported }
    return states.contains(.problem) ? .problem : .ready
  }

  public var exitStatus: ExitStatus {
    switch verdict {
    case .ready: .done
    case .problem: .failed
    case .unsupported: .notSupported
    }
  }
}
