/// How a sender hands its bytes to the kernel.
public enum SendMethod: String, CaseIterable, Sendable {
  /// send() from one buffer: the kernel copies it.
  case write
  /// sendfile() from a file in memory: the kernel passes its pages on, iperf3's -Z.
  case sendfile
}
