import Glibc
import SystemPackage

/// A folder of files that goes with the test.
final class TemporaryFolder {
  let path: String
  private var made: [String] = []

  init() throws {
    var template = Array("/tmp/zcrx-bench-tree-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for made in made.reversed() { remove(made) }
    remove(path)
  }

  func write(_ name: String, _ text: String, in folder: String) throws {
    try makeFolders(folder)
    let place = "\(path)/\(folder)/\(name)"
    made.append(place)
    let file = try FileDescriptor.open(
      FilePath(place), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    _ = try file.closeAfter { try file.writeAll(text.utf8) }
  }

  func link(_ name: String, to target: String) throws {
    guard symlink(target, "\(path)/\(name)") == 0 else { throw Errno(rawValue: errno) }
    made.append("\(path)/\(name)")
  }

  private func makeFolders(_ folder: String) throws {
    var place = path
    for part in folder.split(separator: "/") {
      place += "/\(part)"
      if mkdir(place, 0o700) == 0 {
        made.append(place)
      } else if errno != EEXIST {
        throw Errno(rawValue: errno)
      }
    }
  }
}
