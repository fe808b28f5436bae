import Linux
import Metering
import SystemPackage

/// A kernel whose counters count at rates a test decides, and whose refusals it decides as well.
public final class CounterBench: MemoryCounterOpener {
  /// Counts added to a counter with each step, by type and config; those that are not named stand still.
  public var rates: [Key: UInt64] = [:]
  /// What a counter begins with.
  public var start: UInt64 = 0
  /// Nanoseconds of a step, and those a counter runs of them.
  public var step: UInt64 = 1_000_000_000
  public var running: UInt64 = 1_000_000_000
  public var refusal: (CounterEvent) -> Errno? = { _ in nil }
  /// Counters that cannot be read any more.
  public var isBroken: (CounterEvent) -> Bool = { _ in false }
  public private(set) var opened: [CounterEvent] = []
  private var counters: [Counter] = []

  public struct Key: Hashable {
    var type: UInt32
    var config: UInt64

    public init(_ type: UInt32, _ config: UInt64) {
      self.type = type
      self.config = config
    }
  }

  public init() {}

  public func open(_ event: CounterEvent) throws(SystemCallError) -> any MemoryCounter {
    if let errno = refusal(event) {
      throw SystemCallError(attempt: "count", call: "perf_event_open", errno: errno)
    }
    opened.append(event)
    let counter = Counter(event, CounterState(count: start, enabled: 0, running: 0), self)
    counters.append(counter)
    return counter
  }

  /// Lets a second pass.
  public func advance() {
    for counter in counters {
      counter.state.enabled += step
      counter.state.running += running
      counter.state.count &+= rates[Key(counter.event.type, counter.event.config)] ?? 0
    }
  }

  private final class Counter: MemoryCounter {
    let event: CounterEvent
    var state: CounterState
    private unowned let bench: CounterBench

    init(_ event: CounterEvent, _ state: CounterState, _ bench: CounterBench) {
      self.event = event
      self.state = state
      self.bench = bench
    }

    func read() throws(SystemCallError) -> CounterState {
      if bench.isBroken(event) {
        throw SystemCallError(attempt: "read a counter", call: "read", errno: .noData)
      }
      return state
    }
  }
}

extension MemoryBandwidthMeter.Choice {
  public struct Unavailable: Error {
    public var reason: String
  }

  public func meter() throws -> MemoryBandwidthMeter {
    switch self {
    case .meter(let meter): return meter
    case .unavailable(let reason): throw Unavailable(reason: reason)
    }
  }

  /// Nil where there is a meter.
  public var reason: String? {
    if case .unavailable(let reason) = self { return reason }
    return nil
  }
}
