import CLinux
import Glibc
import Linux
import SystemPackage

/// Counts the bytes that the kernel copied in zero-copy receive: what io_zcrx_copy_chunk (io_uring/zcrx.c, since Linux 6.15)
/// returned, which every copied byte goes through. Attached for as long as somebody holds it; the kernel takes it away
/// with the process, whatever ends that.
///
/// A probe that counts nothing looks like a receive that copies nothing: it has to be seen counting a copy
/// that was made on purpose before a 0 means anything.
public final class CopyProbe: Sendable {
  public static let function = "io_zcrx_copy_chunk"

  /// From the best to the last.
  public enum Method: String, Sendable, CaseIterable {
    /// A program at the function's exit: bytes by request, so by stream. Wants BTF and Linux 5.5.
    case exit = "fexit"
    /// A program at the function's return: bytes by thread. Wants Linux 5.18 and CONFIG_FPROBE.
    case returns = "kprobe-multi"
    /// The same through a perf event, which kernel.perf_event_paranoid may forbid.
    case event = "perf-kprobe"
    /// No program, only how often it returned: no hit means that nothing was copied.
    case hits = "perf-hits"
  }

  /// Why a method could not be used.
  public struct Refusal: Sendable, Equatable {
    public let method: Method
    public let reason: String
  }

  /// No method could be used; one refusal each.
  public struct Unavailable: Error, Sendable, Equatable {
    public let refusals: [Refusal]
  }

  public let method: Method
  /// Of the better ones.
  public let refusals: [Refusal]
  /// Nil where only hits are counted.
  private let counters: CopyCounters?
  /// What is counted: requests with `exit`, threads with the other programs.
  let keys: BPFHash?
  let symbol: String
  private let program: BPFProgram?
  private let link: BPFLink?
  private let event: ReturnProbe?

  private init(
    _ method: Method, _ refusals: [Refusal], symbol: String, counters: CopyCounters? = nil, keys: BPFHash? = nil,
    program: BPFProgram? = nil, link: BPFLink? = nil, event: ReturnProbe? = nil
  ) {
    self.method = method
    self.refusals = refusals
    self.symbol = symbol
    self.counters = counters
    self.keys = keys
    self.program = program
    self.link = link
    self.event = event
  }

  /// Attaches by the first method that works. Takes up to 0.2 s, most of it in the kernel.
  ///
  /// - Parameters:
  ///   - capacity: requests, or threads, that can be counted at one time.
  ///   - methods: which to try, in this order.
  public static func attach(
    capacity: UInt32, methods: [Method] = Method.allCases, to function: String = CopyProbe.function
  ) throws(Unavailable) -> CopyProbe {
    var refusals: [Refusal] = []
    // Found at the first method that asks, and then kept.
    var symbols: Result<KernelSymbols, KernelSymbols.Absence>?
    for method in methods {
      do throws(Problem) {
        if method != .exit, symbols == nil {
          symbols = Result { () throws(KernelSymbols.Absence) in try KernelSymbols.find(function) }
        }
        return try attach(method, refusals, capacity, function, symbols)
      } catch {
        refusals.append(Refusal(method: method, reason: error.sentence))
      }
    }
    throw Unavailable(refusals: refusals)
  }

  /// Calls that were not counted, since it was attached; 0 where the kernel does not say.
  public func missed() throws(SystemCallError) -> UInt64 {
    var missed: UInt64 = 0
    if let program { missed += try program.missed() }
    if let link { missed += try link.missed() }
    return missed
  }

  /// A counter for one stream, say; nil where no bytes are counted, and when all counters are in use.
  public func takeCount() -> CopyCount? { counters?.take() }

  // MARK: The methods

  private enum Problem: Error {
    case refused(SystemCallError)
    case symbols(KernelSymbols.Absence)
    case types(KernelTypes.Problem)

    var sentence: String {
      switch self {
      case .refused(let error): error.description
      case .symbols(.absent): "/proc/kallsyms has no \(CopyProbe.function): it is inlined, or this kernel lacks it"
      case .symbols(.split(let name)): "the compiler made \(name), which some calls skip"
      case .symbols(.tooMany(let count)): "/proc/kallsyms has \(count) functions of that name"
      case .symbols(.unreadable(let error)): error.description
      case .types(.unreadable(let error)): error.description
      case .types(.malformed): "\(KernelTypes.path) has a form that is not known here"
      case .types(.absent(let name)): "\(KernelTypes.path) has no \(name)"
      }
    }
  }

  private static func attach(
    _ method: Method, _ refusals: [Refusal], _ capacity: UInt32, _ function: String,
    _ symbols: Result<KernelSymbols, KernelSymbols.Absence>?
  ) throws(Problem) -> CopyProbe {
    if method == .exit {
      let plan = try exitPlan(of: function)
      do throws(SystemCallError) {
        return try attachToExit(plan, refusals, capacity, function)
      } catch {
        throw .refused(error)
      }
    }
    let names: [String]
    switch symbols {
    case .success(let found): names = found.names
    case .failure(let absence): throw .symbols(absence)
    case nil: throw .symbols(.absent)
    }
    do throws(SystemCallError) {
      if method == .hits { return try countHits(of: names, refusals) }
      return try attachByThread(method, to: names, refusals, capacity)
    } catch {
      throw .refused(error)
    }
  }

  private struct ExitPlan {
    var function: KernelTypes.Function
    var userDataOffset: Int
  }

  private static func exitPlan(of function: String) throws(Problem) -> ExitPlan {
    do throws(KernelTypes.Problem) {
      let types = try KernelTypes.read()
      return ExitPlan(
        function: try types.function(function),
        userDataOffset: try types.offset(of: "cqe", in: "io_kiocb") + types.offset(of: "user_data", in: "io_cqe"))
    } catch {
      throw .types(error)
    }
  }

  private static func attachToExit(
    _ plan: ExitPlan, _ refusals: [Refusal], _ capacity: UInt32, _ function: String
  ) throws(SystemCallError) -> CopyProbe {
    let (counters, keys) = (
      try CopyCounters(), try BPFHash(keyBytes: MemoryLayout<CopyPrograms.Request>.size, entries: capacity)
    )
    let instructions = CopyPrograms.byRequest(
      keys, counters, in: try .ofThisProcess(), argumentCount: plan.function.argumentCount,
      userDataOffset: plan.userDataOffset)
    let program = try BPFProgram(.exit(function: plan.function.identifier), instructions, license: CopyPrograms.license)
    return CopyProbe(
      .exit, refusals, symbol: function, counters: counters, keys: keys, program: program, link: try .exit(program))
  }

  private static func attachByThread(
    _ method: Method, to names: [String], _ refusals: [Refusal], _ capacity: UInt32
  ) throws(SystemCallError) -> CopyProbe {
    let event = method == .event ? try ReturnProbe(symbol: try only(names), thread: nil) : nil
    let (counters, keys) = (
      try CopyCounters(), try BPFHash(keyBytes: MemoryLayout<CopyPrograms.Task>.size, entries: capacity)
    )
    let instructions = CopyPrograms.byThread(keys, counters, in: try .ofThisProcess())
    let program = try BPFProgram(event == nil ? .returns : .event, instructions, license: CopyPrograms.license)
    let link: BPFLink = if let event { try .event(event, program) } else { try .returns(of: names, program) }
    return CopyProbe(
      method, refusals, symbol: names[0], counters: counters, keys: keys, program: program, link: link, event: event)
  }

  /// Each thread opens its own event; here only whether it may.
  private static func countHits(of names: [String], _ refusals: [Refusal]) throws(SystemCallError) -> CopyProbe {
    let event = try ReturnProbe(symbol: try only(names), thread: 0)
    return CopyProbe(.hits, refusals, symbol: names[0], event: event)
  }

  /// A perf event probes one function only.
  private static func only(_ names: [String]) throws(SystemCallError) -> String {
    guard names.count == 1 else {
      throw SystemCallError(
        attempt: "probe \(names.joined(separator: " and ")) by one perf event", call: "perf_event_open",
        errno: .tooManyReferences)
    }
    return names[0]
  }
}
