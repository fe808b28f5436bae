import Benchmark
import Glibc
import Linux
import Report
import SystemPackage

/// The file of a first run. What has been found is on the disk before the next step is made: should the machine not survive
/// that, it says how far it came.
final class FirstLightFile {
  static let defaultName = "zcrx-bench-first-light.txt"
  let name: String
  private let file: Descriptor
  private var mask: PrivacyMask

  /// - Throws: EEXIST for a file that is there: nobody's is overwritten, and no link followed.
  init(_ name: String, _ mask: PrivacyMask) throws(SystemCallError) {
    self.name = name
    self.mask = mask
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    file = Descriptor(
      owning: try checked(
        "open", to: "make the file '\(name)'", advice: "--output FILE names another one"
      ) { open(name, flags, 0o644) })
  }

  func write(_ title: String, _ lines: [String]) throws(SystemCallError) {
    let lines = ["== \(title)"] + lines.map { "  " + mask.masked($0.printable) } + [""]
    let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
    var written = 0
    while written < bytes.count {
      written += try checked("write", to: "write '\(name)'") {
        bytes[written...].withUnsafeBytes { Glibc.write(file.number, $0.baseAddress, $0.count) }
      }
    }
    // A pipe or a terminal has nothing to be flushed.
    _ = fsync(file.number)
  }
}
