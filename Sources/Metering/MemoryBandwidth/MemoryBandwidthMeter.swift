import Linux
import SystemPackage

/// Counts bytes between memory and the rest of the machine, with what the machine has for it. Its counters end with it.
/// Not to be used by two threads at once.
public final class MemoryBandwidthMeter {
  public let source: MemorySource
  private let counters: [(plan: PlannedCounter, counter: any MemoryCounter)]

  /// A meter, or why there is none: a phrase for "memory bandwidth: not available (…)".
  public enum Choice {
    case meter(MemoryBandwidthMeter)
    case unavailable(String)
  }

  /// Takes the best source of the machine whose counters can be opened. Reads some hundred small files once.
  /// - Parameter root: stands before /sys and /proc; empty for the machine's own.
  public static func open(root: String = "", opener: any MemoryCounterOpener = KernelCounters()) -> Choice {
    let machine = MachineDescription(SystemTree(root: root))
    // The first that counts all traffic at the memory itself, the last what only the CPU's cores cause.
    let sources = [
      IntelServerSource.outcome, AMDMemoryControllerSource.outcome, IntelFreeRunningSource.outcome,
      NvidiaFabricSource.outcome, DescribedSource.outcome, AMDDataFabricSource.outcome, ResourceControlSource.outcome,
    ]
    var reasons: [String] = []
    for outcome in sources {
      switch outcome(machine) {
      case .absent: break
      case .unusable(let reason): reasons.append(reason)
      case .plan(let plan):
        switch open(plan, machine, opener) {
        case .success(let meter): return .meter(meter)
        case .failure(let failure): reasons.append(failure.description)
        }
      }
    }
    return .unavailable(
      reasons.isEmpty ? MissingCounters.reason(on: machine) : Unique.strings(reasons).joined(separator: "; "))
  }

  private init(source: MemorySource, counters: [(plan: PlannedCounter, counter: any MemoryCounter)]) {
    self.source = source
    self.counters = counters
  }

  private static func open(
    _ plan: CounterPlan, _ machine: MachineDescription, _ opener: any MemoryCounterOpener
  ) -> Result<MemoryBandwidthMeter, MemoryTrafficFailure> {
    var counters: [(plan: PlannedCounter, counter: any MemoryCounter)] = []
    var missing: [String] = []
    for planned in plan.counters {
      switch planned.place {
      case .file(let path): counters.append((planned, FileCounter(path: machine.tree.root + path)))
      case .event(let event) where !machine.processors.isOnline(event.cpu):
        missing.append("\(planned.name) on CPU \(event.cpu), which is off line")
      case .event(let event):
        do throws(SystemCallError) {
          counters.append((planned, try opener.open(event)))
        } catch {
          // A CPU that has just gone off line, or a controller without memory behind it.
          guard error.errno == .operationNotSupportedByDevice || error.errno == .noSuchAddressOrDevice else {
            return .failure(MemoryTrafficFailure(description: CounterRefusal.reason(error, planned.name, machine)))
          }
          missing.append("\(planned.name) on CPU \(event.cpu): \(error.errno.name)")
        }
      }
    }
    guard !counters.isEmpty else {
      return .failure(
        MemoryTrafficFailure(
          description: "\(plan.source.title): the kernel opens none of its counters"
            + (missing.first.map { " (\($0))" } ?? "")))
    }
    var source = plan.source
    if !missing.isEmpty {
      source.remarks.append(
        "\(missing.count) of \(plan.counters.count) counters could not be opened (first: \(missing[0])), and what they "
          + "would count is missing")
    }
    return .success(MemoryBandwidthMeter(source: source, counters: counters))
  }

  /// The sockets it counts for, ascending.
  public var sockets: [Int] { Set(counters.map(\.plan.socket)).sorted() }

  /// Reads every counter: one read(2) each, in which the kernel asks the counter's CPU.
  /// - Parameter time: what the readings are said to be of.
  public func sample(at time: MonotonicTime = .now()) -> MemorySample {
    MemorySample(
      time: time,
      states: counters.map { entry in
        do throws(SystemCallError) {
          return .success(try entry.counter.read())
        } catch {
          return .failure(error)
        }
      })
  }

  /// What was counted between two of this meter's samples.
  public func traffic(
    from earlier: MemorySample, to later: MemorySample
  ) -> Result<MemoryTraffic, MemoryTrafficFailure> {
    var sums: [Int: SocketSum] = [:]
    var share = 1.0
    for (index, entry) in counters.enumerated() {
      let difference: CounterDifference
      switch (earlier.states[index], later.states[index]) {
      case (.success(let from), .success(let to)):
        do throws(CounterDifference.Failure) {
          difference = try CounterDifference(from: from, to: to)
        } catch {
          return .failure(MemoryTrafficFailure(description: Self.sentence(error, entry.plan)))
        }
      case (.failure(let error), _), (_, .failure(let error)):
        return .failure(
          MemoryTrafficFailure(description: "\(entry.plan.name) cannot be read any more (\(error.errno.name))"))
      }
      share = min(share, difference.runningShare)
      sums[entry.plan.socket, default: SocketSum()].add(difference.count * entry.plan.bytesPerCount, entry.plan)
    }
    let usesSubstitutes =
      sums.values.allSatisfy { $0.own.total == 0 } && sums.values.contains { $0.substitute.total > 0 }
    return .success(
      MemoryTraffic(
        seconds: later.time.seconds(since: earlier.time),
        sockets: sums.sorted { $0.key < $1.key }.map { socket, sum in
          (usesSubstitutes ? sum.substitute : sum.own).traffic(of: socket)
        },
        runningShare: share, usesSubstitutes: usesSubstitutes))
  }

  private static func sentence(_ failure: CounterDifference.Failure, _ plan: PlannedCounter) -> String {
    switch failure {
    case .neverRan: "\(plan.name) had no place in the hardware all the time: somebody else holds its counters"
    case .steppedBack: "\(plan.name) stepped back"
    }
  }
}

/// What the counters of a socket have in common.
private struct SocketSum {
  var own = Sum()
  var substitute = Sum()

  mutating func add(_ bytes: Double, _ plan: PlannedCounter) {
    if plan.isSubstitute {
      substitute.add(bytes, plan.direction)
    } else {
      own.add(bytes, plan.direction)
    }
  }

  struct Sum {
    private var read = 0.0
    private var write = 0.0
    private var both = 0.0
    private var isSplit = true

    var total: Double { read + write + both }

    mutating func add(_ bytes: Double, _ direction: PlannedCounter.Direction) {
      switch direction {
      case .read: read += bytes
      case .write: write += bytes
      case .both:
        both += bytes
        isSplit = false
      }
    }

    func traffic(of socket: Int) -> MemoryTraffic.Socket {
      let reads = whole(read)
      let writes = whole(write)
      guard isSplit else { return MemoryTraffic.Socket(socket: socket, read: nil, write: nil, total: whole(total)) }
      return MemoryTraffic.Socket(socket: socket, read: reads, write: writes, total: reads + writes)
    }

    /// No count of bytes comes near the end of the range.
    private func whole(_ bytes: Double) -> UInt64 { UInt64(exactly: bytes.rounded()) ?? UInt64.max / 4096 }
  }
}

private enum Unique {
  static func strings(_ strings: [String]) -> [String] {
    var seen: Set<String> = []
    return strings.filter { seen.insert($0).inserted }
  }
}
