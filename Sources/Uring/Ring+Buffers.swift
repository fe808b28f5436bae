import CKernelABI
import CLinux
import Glibc
import Linux
import SystemPackage

extension Ring {
  /// Registers the ring's only buffer (IORING_REGISTER_BUFFERS, io_uring_register(2)): its pages are pinned until the ring
  /// is gone and its last operation is over.
  /// - Throws: ENOMEM when the user may lock no more memory, EFAULT when the memory cannot be written.
  public func registerBuffer(_ bytes: UnsafeRawBufferPointer) throws(SystemCallError) {
    var vector = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
    try checkedAnswer(
      "io_uring_register", to: "register a buffer of \(bytes.count) bytes to send from",
      advice: "raise the limit of locked memory (ulimit -l)"
    ) { zb_ring_register(descriptor, ZB_IORING_REGISTER_BUFFERS, &vector, 1) }
  }
}
