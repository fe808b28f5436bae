import Linux

/// A machine of Tests/MeteringTests/Fixtures/MemoryBandwidth (README.md there), as a tree of files for the time of a test.
public struct PlatformFixture {
  public let files: [String: String]

  public init(_ name: String) throws {
    let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let text = try TextFile.read("/\(tests)/MeteringTests/Fixtures/MemoryBandwidth/\(name)", limit: 1 << 20)
    var files: [String: String] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      guard let colon = line.firstIndex(of: ":") else { throw Malformed(line: String(line)) }
      let content = Self.unescaped(line[line.index(after: colon)...])
      for path in try Self.expanded(String(line[..<colon])) { files[path] = content }
    }
    self.files = files
  }

  public struct Malformed: Error {
    public var line: String
  }

  /// The same machine with other files; nil takes one away.
  public func with(_ changes: [String: String?]) -> [String: String] {
    var files = files
    for (path, text) in changes { files[path] = text }
    return files
  }

  private static func unescaped(_ text: Substring) -> String {
    text.split(separator: "\\n", omittingEmptySubsequences: false)
      .map { $0.split(separator: "\\t", omittingEmptySubsequences: false).joined(separator: "\t") }
      .joined(separator: "\n") + "\n"
  }

  /// "a{0-1}b{x,y}" is four paths.
  private static func expanded(_ path: String) throws -> [String] {
    guard let open = path.firstIndex(of: "{") else { return [path] }
    guard let close = path.firstIndex(of: "}") else { throw Malformed(line: path) }
    let rest = try expanded(String(path[path.index(after: close)...]))
    var choices: [String] = []
    for part in path[path.index(after: open)..<close].split(separator: ",") {
      let ends = part.split(separator: "-").compactMap { Int($0) }
      choices += ends.count == 2 ? (ends[0]...ends[1]).map(String.init) : [String(part)]
    }
    return choices.flatMap { choice in rest.map { "\(path[..<open])\(choice)\($0)" } }
  }
}
