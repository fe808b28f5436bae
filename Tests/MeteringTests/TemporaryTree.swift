import Glibc
import SystemPackage

/// A directory of small files that stands for a part of procfs.
struct TemporaryTree {
  let root: String
  private let paths: [String]
  private let directories: [String]

  init(_ files: [String: String]) throws {
    var template = Array("/tmp/zcrx-bench-tree-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
    let root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var directories: [String] = []
    var paths: [String] = []
    for (path, text) in files {
      var directory = root
      for part in path.split(separator: "/").dropLast() {
        directory += "/\(part)"
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
        directories.append(directory)
      }
      let file = try FileDescriptor.open(
        FilePath("\(root)/\(path)"), .writeOnly, options: .create, permissions: .ownerReadWrite)
      try file.closeAfter { _ = try file.writeAll(text.utf8) }
      paths.append("\(root)/\(path)")
    }
    self.root = root
    self.paths = paths
    self.directories = directories
  }

  func remove() {
    for path in paths { unlink(path) }
    for directory in directories.reversed() { rmdir(directory) }
    rmdir(root)
  }
}
