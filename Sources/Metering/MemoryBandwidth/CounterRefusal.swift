import Linux
import SystemPackage

/// Why the kernel did not open a counter, in words a user can act on.
enum CounterRefusal {
  /// - Parameter name: the counter's, "uncore_imc_0/cas_count_read".
  static func reason(_ error: SystemCallError, _ name: String, _ machine: MachineDescription) -> String {
    switch error.errno {
    case .permissionDenied, .notPermitted:
      let level = machine.tree.text("/proc/sys/kernel/perf_event_paranoid")
      return "no permission to count for the whole machine: perf_event_open answers \(error.errno.name) for \(name), "
        + "kernel.perf_event_paranoid is \(level ?? "unknown"); run as root, give the program CAP_PERFMON (setcap "
        + "cap_perfmon+ep), or set kernel.perf_event_paranoid to 0; in a container its seccomp profile must allow "
        + "perf_event_open"
    case .noFunction:
      return "this kernel has no perf_event_open (CONFIG_PERF_EVENTS)"
    case .resourceBusy:
      return "\(name) is in use by somebody else (EBUSY)"
    case .tooManyOpenFiles, .tooManyOpenFilesInSystem:
      return "too many open files for the counters of all memory channels (\(error.errno.name)); raise ulimit -n"
    default:
      return "the kernel does not open \(name) (perf_event_open: \(error.errno.name))"
    }
  }
}
