import CLinux
import Linux

/// A hash in the kernel that a program adds to and we read: keys of a fixed size, values of 64 bits.
struct BPFHash: Sendable {
  private let descriptor: Descriptor
  var number: Int32 { descriptor.number }

  /// - Throws: EPERM without CAP_BPF (or CAP_SYS_ADMIN), ENOSYS on a kernel without bpf(2).
  init(keyBytes: UInt32, entries: UInt32) throws(SystemCallError) {
    descriptor = Descriptor(
      owning: try checkedAnswer("bpf(BPF_MAP_CREATE)", to: "create a map for counts of copied bytes") {
        zb_bpf_create_hash(keyBytes, entries, "zcrx_copied")
      })
  }

  func set<Key: BitwiseCopyable>(_ key: Key, to value: UInt64) throws(SystemCallError) {
    try checkedAnswer("bpf(BPF_MAP_UPDATE_ELEM)", to: "begin a count of copied bytes") {
      withUnsafePointer(to: key) { zb_bpf_set(number, $0, value) }
    }
  }

  /// - Throws: ENOENT for a key that was never set.
  func value<Key: BitwiseCopyable>(of key: Key) throws(SystemCallError) -> UInt64 {
    var value: UInt64 = 0
    try checkedAnswer("bpf(BPF_MAP_LOOKUP_ELEM)", to: "read a count of copied bytes") {
      withUnsafePointer(to: key) { zb_bpf_get(number, $0, &value) }
    }
    return value
  }

  func remove<Key: BitwiseCopyable>(_ key: Key) {
    // It may be absent, which is what was wanted.
    _ = withUnsafePointer(to: key) { zb_bpf_remove(number, $0) }
  }
}
