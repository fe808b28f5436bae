import CKernelABI
import CLinux
import Linux
import SystemPackage

/// How a ring knows which NAPI instances to poll.
public enum NAPITracking: Sendable, Equatable {
  /// These. Linux 6.13.
  case fixed([UInt32])
  /// Those that the sockets it waits for had their last packets from. Linux 6.9.
  case dynamic
}

extension Ring {
  /// Has waits of this ring poll NAPI instances before they sleep, with interrupts held back meanwhile
  /// (IORING_REGISTER_NAPI).
  /// - Parameter microseconds: how long a wait polls at most.
  /// - Throws: EINVAL on kernels that do not know it or `tracking`, and on those without CONFIG_NET_RX_BUSY_POLL.
  public func pollInterfaces(_ tracking: NAPITracking, microseconds: UInt32) throws(SystemCallError) {
    var setting = zb_uring_napi()
    setting.busy_poll_to = microseconds
    setting.prefer_busy_poll = 1
    setting.opcode = UInt8(ZB_IO_URING_NAPI_REGISTER_OP)
    switch tracking {
    case .dynamic: setting.op_param = UInt32(ZB_IO_URING_NAPI_TRACKING_DYNAMIC)
    case .fixed: setting.op_param = UInt32(ZB_IO_URING_NAPI_TRACKING_STATIC)
    }
    try register(setting, to: "have the ring poll interfaces for \(microseconds) µs")
    guard case .fixed(let instances) = tracking else { return }
    for instance in instances {
      var addition = zb_uring_napi()
      addition.opcode = UInt8(ZB_IO_URING_NAPI_STATIC_ADD_ID)
      addition.op_param = instance
      try register(addition, to: "have the ring poll NAPI \(instance)")
    }
  }

  private func register(_ setting: zb_uring_napi, to attempt: String) throws(SystemCallError) {
    var setting = setting
    try checkedAnswer("IORING_REGISTER_NAPI", to: attempt) {
      zb_ring_register(descriptor, ZB_IORING_REGISTER_NAPI, &setting, 1)
    }
  }

  /// Whether `enter` heeds a minimum wait (IORING_FEAT_MIN_TIMEOUT, Linux 6.12).
  public var hasMinimumWait: Bool { features & ZB_IORING_FEAT_MIN_TIMEOUT != 0 }
}
