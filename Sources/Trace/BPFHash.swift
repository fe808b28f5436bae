import CLinux
import Linux

/// A hash in the kernel in which a program looks keys of a fixed size up; its values are 64 bits.
struct BPFHash: Sendable {
  private let descriptor: Descriptor
  var number: Int32 { descriptor.number }

  /// - Throws: EPERM without CAP_BPF (or CAP_SYS_ADMIN), ENOSYS on a kernel without bpf(2).
  init(keyBytes: Int, entries: UInt32) throws(SystemCallError) {
    descriptor = Descriptor(
      owning: try checkedAnswer("bpf(BPF_MAP_CREATE)", to: "create a map of what is counted") {
        zb_bpf_create_hash(UInt32(keyBytes), entries, "zcrx_copied")
      })
  }

  /// - Throws: E2BIG when it is full.
  func set<Key: BitwiseCopyable>(_ key: Key, to value: UInt64) throws(SystemCallError) {
    try checkedAnswer("bpf(BPF_MAP_UPDATE_ELEM)", to: "begin to count copied bytes") {
      withUnsafePointer(to: key) { zb_bpf_set(number, $0, value) }
    }
  }

  /// A key that is absent is what was wanted.
  func remove<Key: BitwiseCopyable>(_ key: Key) {
    _ = withUnsafePointer(to: key) { zb_bpf_remove(number, $0) }
  }
}
