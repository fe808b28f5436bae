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
  /// - Parameter queue: of the interface; nil for the last one.
  /// - Throws: a usage error where there is no such interface.
  public static func run(interface: String? = nil, queue: Int? = nil) throws(BenchmarkError) -> Examination {
    let support = ZeroCopySupport.discover()
    let found = try interface.map { (name) throws(BenchmarkError) in try read(name, queue: queue) }
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
          checks: InterfaceChecks.all(facts))
      })
  }

  private static func read(_ name: String, queue: Int?) throws(BenchmarkError) -> InterfaceFacts {
    do throws(InterfaceProblem) {
      let nic = try NICState.read(name)
      let count = nic.channels.value?.receiveQueues ?? nic.identity.receiveQueueCapacity
      do throws(SystemCallError) {
        return InterfaceFacts(
          nic: nic, receive: try .read(interface: nic.identity, queue: queue ?? max(0, count - 1)))
      } catch {
        throw InterfaceProblem.system(error)
      }
    } catch {
      if case .noSuchInterface = error { throw BenchmarkError("\(error) (-i)", .usage) }
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
