import Glibc

/// A file of Tests/ReportTests/Fixtures.
struct FixtureFile {
  let path: String

  init(_ name: String, here: String = #filePath) {
    let folder = here.split(separator: "/").dropLast().joined(separator: "/")
    path = "/\(folder)/Fixtures/\(name)"
  }

  struct Unusable: Error {
    var path: String
    var errno: Int32
  }

  func read() throws(Unusable) -> [UInt8] {
    guard let file = fopen(path, "r") else { throw Unusable(path: path, errno: errno) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&block, 1, block.count, file)
      bytes += block.prefix(count)
      if count < block.count { break }
    }
    return bytes
  }

  func write(_ bytes: [UInt8]) throws(Unusable) {
    guard let file = fopen(path, "w") else { throw Unusable(path: path, errno: errno) }
    defer { fclose(file) }
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw Unusable(path: path, errno: errno) }
  }
}
