import CLinux
import Linux

/// What attaching a probe needs beyond other work: CAP_BPF and CAP_PERFMON.
public enum TracingRights {
  /// Gives them up in the calling thread, and in threads that it starts. What is attached goes on, and can be read and told
  /// what to count.
  public static func drop() throws(SystemCallError) {
    try checkedAnswer("capset", to: "give up the capabilities of tracing") { zb_drop_tracing_capabilities() }
  }
}
