import Linux

/// The files of /sys and /proc, or a copy of them somewhere else.
struct SystemTree: Sendable {
  /// Stands before every path; empty for the machine's own.
  let root: String

  /// The text of a small file without the white space around it; nil where it cannot be read.
  func text(_ path: String, limit: Int = 4096) -> String? {
    do throws(SystemCallError) {
      let text = try TextFile.read(root + path, limit: limit)
      let inner = text.drop(while: \.isWhitespace)
      return inner.lastIndex { !$0.isWhitespace }.map { String(inner[...$0]) } ?? ""
    } catch {
      return nil
    }
  }

  func names(in path: String) -> [String] { DirectoryListing.names(in: root + path) }
}
