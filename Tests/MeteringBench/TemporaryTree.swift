import Glibc
import SystemPackage

/// A directory of small files that stands for a part of procfs and sysfs.
public struct TemporaryTree {
  public let root: String
  private let paths: [String]
  private let directories: [String]

  public init(_ files: [String: String]) throws {
    var template = Array("/tmp/zcrx-bench-tree-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
    let root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var directories: [String] = []
    var known: Set<String> = []
    var paths: [String] = []
    for (path, text) in files {
      var directory = root
      for part in path.split(separator: "/").dropLast() {
        directory += "/\(part)"
        guard known.insert(directory).inserted else { continue }
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
        directories.append(directory)
      }
      try Self.write(text, to: "\(root)/\(path)")
      paths.append("\(root)/\(path)")
    }
    self.root = root
    self.paths = paths
    self.directories = directories
  }

  /// Writes one of its files anew.
  public func write(_ text: String, to path: String) throws {
    try Self.write(text, to: "\(root)/\(path)")
  }

  private static func write(_ text: String, to path: String) throws {
    let file = try FileDescriptor.open(
      FilePath(path), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    try file.closeAfter { _ = try file.writeAll(text.utf8) }
  }

  public func remove() {
    for path in paths { unlink(path) }
    for directory in directories.reversed() { rmdir(directory) }
    rmdir(root)
  }
}
