import Benchmark
import BoundedJSON
import Glibc
import Linux
import Report
import SystemPackage

/// Reports that the user names: files, folders of them, patterns, or - for standard input.
enum RecordedFiles {
  private static let endings = [".json", ".jsonl"]

  /// The documents of all of them, in the order they were named; at least one.
  static func documents(_ names: [String]) throws(BenchmarkError) -> [RecordedDocument] {
    var documents: [RecordedDocument] = []
    for name in names {
      for file in try files(name) {
        do {
          documents += try RecordedFile.documents(of: try bytes(of: file), name: file)
        } catch let error as RecordedFileError {
          throw BenchmarkError("cannot read a report: \(error)")
        } catch let error as SystemCallError {
          throw BenchmarkError(error.description)
        } catch {
          throw BenchmarkError("cannot read '\(file)': \(error)")
        }
      }
    }
    return documents
  }

  private static func files(_ name: String) throws(BenchmarkError) -> [String] {
    if name == ReportOptions.standardOutput || access(name, F_OK) == 0 {
      guard isFolder(name) else { return [name] }
      let folder = escaped(name) + (name.hasSuffix("/") ? "" : "/")
      let found = endings.flatMap { matches(folder + "*" + $0) }.filter { !isFolder($0) }.sorted()
      guard !found.isEmpty else { throw BenchmarkError("'\(name)' is a folder without any .json or .jsonl file") }
      return found
    }
    guard name.contains(where: { "*?[".contains($0) }) else {
      throw BenchmarkError("there is no file '\(name)'; a report is written with --json FILE")
    }
    let found = matches(name).filter { !isFolder($0) }
    guard !found.isEmpty else { throw BenchmarkError("no file matches '\(name)'") }
    return found
  }

  private static func isFolder(_ name: String) -> Bool {
    var status = stat()
    return stat(name, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The pattern's files in the order of their names.
  private static func matches(_ pattern: String) -> [String] {
    var result = glob_t()
    defer { globfree(&result) }
    guard glob(pattern, 0, nil, &result) == 0 else { return [] }
    return (0..<Int(result.gl_pathc)).compactMap { result.gl_pathv[$0].map { String(cString: $0) } }
  }

  /// A folder's name as a pattern that matches it alone.
  private static func escaped(_ name: String) -> String {
    name.map { "*?[\\".contains($0) ? "\\\($0)" : String($0) }.joined()
  }

  /// The whole file, and one byte beyond the limit where there is more, which the parser then refuses.
  private static func bytes(of name: String) throws(SystemCallError) -> [UInt8] {
    let limit = JSONLimits.file.maximumBytes + 1
    do {
      let isInput = name == ReportOptions.standardOutput
      let file =
        isInput ? FileDescriptor.standardInput : try FileDescriptor.open(name, .readOnly, options: .closeOnExec)
      defer { if !isInput { try? file.close() } }
      var bytes: [UInt8] = []
      var block = [UInt8](repeating: 0, count: 1 << 16)
      while bytes.count < limit {
        let count = try block.withUnsafeMutableBytes { try file.read(into: $0) }
        guard count > 0 else { break }
        bytes += block.prefix(min(count, limit - bytes.count))
      }
      return bytes
    } catch {
      throw SystemCallError(
        attempt: "read the report '\(name)'", call: "read", errno: (error as? Errno) ?? .ioError,
        advice: "is it a file, and may you read it?")
    }
  }
}
