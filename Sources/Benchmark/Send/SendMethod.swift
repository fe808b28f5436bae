/// How a sender hands its bytes to the kernel (docs/modes.md).
public enum SendMethod: String, CaseIterable, Sendable {
  /// send() from one buffer: the kernel copies it.
  case write
  /// sendfile() from a file in memory: the kernel passes its pages on, iperf3's -Z.
  case sendfile
  /// vmsplice() of the buffer's pages into a pipe, splice() from there: the kernel passes the pages on.
  case splice
  /// send() with MSG_ZEROCOPY: the kernel reads the buffer until it notifies us, and says whether it copied it after all.
  case msgZeroCopy = "msg-zerocopy"
  /// io_uring's SEND: the kernel copies the buffer.
  case uring
  /// io_uring's SEND_ZC from a registered buffer, with the kernel's word whether it copied it after all.
  case uringZeroCopy = "uring-zc"

  /// The kernel notifies us of each send, and says whether it copied it.
  var isNotified: Bool { self == .msgZeroCopy || self == .uringZeroCopy }

  /// Bytes per call where neither the user nor a low rate settles it (docs/performance.md).
  var defaultLength: Int {
    switch self {
    case .write, .sendfile: 1 << 17
    case .splice, .msgZeroCopy, .uring, .uringZeroCopy: 1 << 19
    }
  }
}
