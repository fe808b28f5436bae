import Linux

/// Why something could not be measured.
public enum MeteringError: Error, Sendable, Equatable {
  case system(SystemCallError)
  /// A file of the kernel's does not look as documented.
  /// - Parameters:
  ///   - path: the file.
  ///   - problem: what is wrong with it, as a phrase: "its first line has 3 numbers, 8 were expected".
  case malformed(path: String, problem: String)
}

extension MeteringError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .system(let error): error.description
    case .malformed(let path, let problem): "cannot make sense of \(path): \(problem)"
    }
  }
}
