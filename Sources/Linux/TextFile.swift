import CLinux
import Glibc
import SystemPackage

/// A file of procfs or sysfs, whose size is known only once it has been read.
public enum TextFile {
  /// Reads at most `limit` bytes from the beginning; bytes that are no UTF-8 become U+FFFD.
  /// - Throws: what open(2) or read(2) refused it with.
  public static func read(_ path: String, limit: Int) throws(SystemCallError) -> String {
    var result: Int64 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      result = zb_read_file(path, buffer.baseAddress, buffer.count)
      count = Int(max(0, result))
    }
    guard result >= 0 else {
      throw SystemCallError(attempt: "read \(path)", call: "read", errno: Errno(rawValue: Int32(-result)))
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Writes `text` by one call, as a setting in sysfs wants it.
  /// - Throws: what open(2) or write(2) refused it with.
  public static func write(_ text: String, to path: String) throws(SystemCallError) {
    let attempt = "write \(text) to \(path)"
    let file = Descriptor(owning: try checked("open", to: attempt) { open(path, O_WRONLY | O_CLOEXEC) })
    let bytes = Array(text.utf8)
    try checked("write", to: attempt) { Glibc.write(file.number, bytes, bytes.count) }
  }
}
