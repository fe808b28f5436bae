import CLinux

/// What this program was started with.
public enum ProgramArguments {
  /// The words after the program's name. Unlike `CommandLine.arguments`, they are there without /proc.
  public static var words: [String] {
    (1..<max(1, Int(zb_argument_count()))).map { zb_argument(Int32($0)).map { String(cString: $0) } ?? "" }
  }
}
