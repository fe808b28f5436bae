import CLinux
import Glibc
import SystemPackage

extension Socket {
  /// Lets sends of this socket take MSG_ZEROCOPY (SO_ZEROCOPY, Linux 4.14).
  public func allowZeroCopySends() throws(SystemCallError) {
    try checkedAnswer("setsockopt", to: "set SO_ZEROCOPY") { zb_allow_zero_copy(number) }
  }

  /// Sends without a copy where the kernel can: it reads `bytes` until `takeSendNotification` has told of the send, and they
  /// must not change before.
  /// - Returns: the bytes taken, or -errno; ENOBUFS when too many notifications are under way (net.core.optmem_max) or too
  ///   much memory is locked (ulimit -l).
  public func sendZeroCopy(_ bytes: UnsafeRawBufferPointer) -> Int {
    Int(zb_send_zero_copy(number, bytes.baseAddress, bytes.count))
  }

  /// Sends the kernel reads no more. Those that took bytes are numbered from 0 on and wrap at 2^32.
  public struct SendNotification: Sendable, Equatable {
    public let first: UInt32
    public let last: UInt32
    /// The kernel copied the bytes after all.
    public let wasCopied: Bool

    public init(first: UInt32, last: UInt32, wasCopied: Bool) {
      self.first = first
      self.last = last
      self.wasCopied = wasCopied
    }
  }

  /// Takes the next notification off the error queue; nil when none is there.
  public func takeSendNotification() -> SendNotification? {
    var notification = zb_send_notification()
    while true {
      switch zb_take_send_notification(number, &notification) {
      case 1:
        return SendNotification(
          first: notification.first, last: notification.last, wasCopied: notification.copied != 0)
      case 2, -EINTR: continue
      default: return nil
      }
    }
  }

  /// Waits until the error queue has something to tell or the connection failed; false when the time was up first.
  public func waitForSendNotification(milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: number, events: 0, revents: 0)
    return poll(&entry, 1, milliseconds) > 0
  }
}
