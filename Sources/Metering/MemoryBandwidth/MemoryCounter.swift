import CLinux
import Linux
import SystemPackage

/// A counter's state at one moment.
public struct CounterState: Sendable, Equatable {
  public var count: UInt64
  /// Nanoseconds the counter was meant to count, and did: the kernel shares the hardware's counters out where there are
  /// too few of them (perf_event_open(2), time_enabled and time_running).
  public var enabled: UInt64
  public var running: UInt64

  public init(count: UInt64, enabled: UInt64, running: UInt64) {
    self.count = count
    self.enabled = enabled
    self.running = running
  }
}

/// A running counter; it ends with its last holder.
public protocol MemoryCounter {
  func read() throws(SystemCallError) -> CounterState
}

/// Opens counters: the kernel, or a test's idea of one.
public protocol MemoryCounterOpener {
  func open(_ event: CounterEvent) throws(SystemCallError) -> any MemoryCounter
}

/// perf_event_open(2), for all processes on one CPU. Needs CAP_PERFMON, CAP_SYS_ADMIN or kernel.perf_event_paranoid of at
/// most 0.
public struct KernelCounters: MemoryCounterOpener, Sendable {
  public init() {}

  public func open(_ event: CounterEvent) throws(SystemCallError) -> any MemoryCounter {
    var raw = zb_counter_event(
      type: event.type, config: event.config, config1: event.config1, config2: event.config2)
    let number = try checkedAnswer("perf_event_open", to: "count on CPU \(event.cpu)") {
      zb_open_counter(&raw, Int32(clamping: event.cpu))
    }
    return KernelCounter(descriptor: Descriptor(owning: number))
  }

  private struct KernelCounter: MemoryCounter {
    let descriptor: Descriptor

    func read() throws(SystemCallError) -> CounterState {
      var value = zb_counter_value()
      try checkedAnswer("read", to: "read a counter") { zb_read_counter(descriptor.number, &value) }
      return CounterState(count: value.count, enabled: value.time_enabled, running: value.time_running)
    }
  }
}

/// A file whose text is a running number of bytes.
struct FileCounter: MemoryCounter {
  let path: String

  func read() throws(SystemCallError) -> CounterState {
    let text = try TextFile.read(path, limit: 64)
    guard let count = UInt64(text.prefix { !$0.isWhitespace }) else {
      // The kernel writes "Unavailable", "Unassigned" or "Error" (Documentation/filesystems/resctrl.rst).
      throw SystemCallError(attempt: "read a number of bytes from \(path)", call: "read", errno: .noData)
    }
    let now = UInt64(max(0, MonotonicTime.now().nanoseconds))
    return CounterState(count: count, enabled: now, running: now)
  }
}
