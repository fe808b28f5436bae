import Linux

/// The names under which one function of the kernel's stands in the running kernel (/proc/kallsyms).
///
/// A compiler may change a static function, and its name with it: `.isra.0` has other arguments, `.constprop.0` is a copy
/// for constant arguments, `.llvm.…` was moved by the linker. All of these return what the function returns, so together
/// they are the function. `.cold` is a piece of its body that nobody calls; `.part.0` is a piece that some calls skip, so
/// that a function that has one cannot be counted.
public struct KernelSymbols: Sendable, Equatable {
  public enum Absence: Error, Sendable, Equatable {
    /// Inlined wherever it is called, or not in this kernel.
    case absent
    /// Some calls skip a part of it.
    case split(String)
    /// More names than can be one function.
    case tooMany(Int)
    case unreadable(SystemCallError)
  }

  /// At least one.
  public let names: [String]

  private static let most = 4

  /// Reads /proc/kallsyms, some 10 MB: to be done once a process.
  public static func find(_ function: String) throws(Absence) -> KernelSymbols {
    var names: [String] = []
    do throws(SystemCallError) {
      try BinaryFile.lines(of: "/proc/kallsyms") { line in
        if let name = name(in: line, of: function) { names.append(name) }
      }
    } catch {
      throw .unreadable(error)
    }
    return try KernelSymbols(among: names)
  }

  /// - Parameter names: those that `name(in:of:)` found.
  init(among names: [String]) throws(Absence) {
    let whole = names.filter { !$0.contains(".cold") }
    if let part = whole.first(where: { $0.contains(".part.") }) { throw .split(part) }
    guard !whole.isEmpty else { throw .absent }
    guard whole.count <= KernelSymbols.most else { throw .tooMany(whole.count) }
    self.names = whole
  }

  /// The name in a line "ffffffff81234560 t io_zcrx_copy_chunk.isra.0" where it is `function`'s own or derived from it.
  static func name(in line: ArraySlice<UInt8>, of function: String) -> String? {
    guard let space = line.firstIndex(of: UInt8(ascii: " ")) else { return nil }
    let name = line[space...].dropFirst(3)
    let wanted = function.utf8
    guard name.starts(with: wanted) else { return nil }
    // A module's name stands behind a function's, after a tab.
    let rest = name.dropFirst(wanted.count).prefix { $0 != UInt8(ascii: "\t") && $0 != UInt8(ascii: " ") }
    guard rest.isEmpty || rest.first == UInt8(ascii: ".") else { return nil }
    return function + String(decoding: rest, as: UTF8.self)
  }
}
