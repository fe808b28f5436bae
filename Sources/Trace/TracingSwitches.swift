import Linux

/// Settings of the running kernel by which somebody may switch probes off while they stay attached.
public struct TracingSwitches: Sendable, Equatable {
  /// kernel.ftrace_enabled; nil where it cannot be read.
  var functions: Bool?
  /// /sys/kernel/debug/kprobes/enabled; nil where debugfs is not mounted, or not readable.
  var probes: Bool?

  public static func read() -> TracingSwitches { read(root: "") }

  static func read(root: String) -> TracingSwitches {
    func isOn(_ path: String) -> Bool? {
      guard let text = try? TextFile.read(root + path, limit: 16) else { return nil }
      return text.first.map { $0 != "0" }
    }
    return TracingSwitches(
      functions: isOn("/proc/sys/kernel/ftrace_enabled"), probes: isOn("/sys/kernel/debug/kprobes/enabled"))
  }

  /// What is off, as a sentence; nil where nothing is known to be.
  public var problem: String? {
    if functions == false { return "kernel.ftrace_enabled is 0, so that probes count nothing" }
    if probes == false { return "/sys/kernel/debug/kprobes/enabled is 0, so that probes count nothing" }
    return nil
  }
}
