import CLinux

/// How many descriptors this process may have open (getrlimit(2), RLIMIT_NOFILE).
public enum OpenFileLimit {
  /// Raises the soft limit to the hard one, which every process may do for itself; where that is refused, the old limit
  /// stays.
  ///
  /// - Returns: the limit in force afterwards.
  public static func raise() -> Int { Int(zb_raise_open_files()) }
}
