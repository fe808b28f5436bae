/// One counter of a source, and what its counts mean.
struct PlannedCounter: Sendable, Equatable {
  enum Place: Sendable, Equatable {
    /// perf_event_open(2), on one CPU.
    case event(CounterEvent)
    /// A file that holds a running number of bytes.
    case file(String)
  }

  enum Direction: Sendable, Equatable {
    case read
    case write
    /// Reads and writes in one number.
    case both
  }

  /// For messages: "uncore_imc_3/cas_count_read".
  let name: String
  let place: Place
  let socket: Int
  let direction: Direction
  let bytesPerCount: Double
  /// Counts where the others of the same kind stand still, and is ignored otherwise.
  var isSubstitute = false
}

/// An event of perf_event_open(2) on a CPU.
public struct CounterEvent: Sendable, Equatable {
  public var type: UInt32
  public var config: UInt64
  public var config1: UInt64
  public var config2: UInt64
  public var cpu: Int

  public init(type: UInt32, config: UInt64, config1: UInt64 = 0, config2: UInt64 = 0, cpu: Int) {
    self.type = type
    self.config = config
    self.config1 = config1
    self.config2 = config2
    self.cpu = cpu
  }
}

/// The counters of one source.
struct CounterPlan: Sendable {
  var source: MemorySource
  var counters: [PlannedCounter]
}

/// What a source has to say about a machine.
enum PlanOutcome {
  /// The machine has nothing of this kind.
  case absent
  /// It has, and nothing can be made of it: why, as a sentence.
  case unusable(String)
  case plan(CounterPlan)
}
