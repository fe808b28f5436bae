import CLinux
import SystemPackage

/// Why the kernel would not give us a ring, in the user's terms.
enum RingRefusal {
  /// The sysctl kernel.io_uring_disabled (Linux 6.6: 0 nobody is refused, 1 only the privileged and one group are served,
  /// 2 nobody is); nil where the kernel has none or /proc is not there.
  static func disabledSetting() -> Int64? {
    var setting: Int64 = 0
    return zb_read_number("/proc/sys/kernel/io_uring_disabled", &setting) == 0 ? setting : nil
  }

  /// What the user can do about `errno` from io_uring_setup(2); nil where nothing more is known than the errno itself.
  static func advice(for errno: Errno, disabledSetting: Int64?) -> String? {
    switch (errno, disabledSetting) {
    case (.notPermitted, 2):
      "io_uring is switched off on this machine; sysctl kernel.io_uring_disabled=0 switches it on"
    case (.notPermitted, 1):
      "kernel.io_uring_disabled=1 leaves io_uring to root and the group of kernel.io_uring_group"
    case (.notPermitted, _):
      "a seccomp filter forbids io_uring, as container runtimes do by default; allow it in the container's profile"
    case (.noFunction, _):
      "the kernel was built without io_uring, or a sandbox hides it"
    case (.noMemory, _):
      "raise the limit of locked memory (ulimit -l): without CAP_IPC_LOCK the kernel charges rings to it"
    case (.invalidArgument, _):
      "the kernel is too old for the options this ring needs; Linux 6.1 has them all"
    case (.tooManyOpenFiles, _):
      "raise the limit of open files (ulimit -n)"
    default: nil
    }
  }
}
