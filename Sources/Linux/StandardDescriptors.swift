import Glibc

/// Descriptors 0 to 2, which every program takes for its standard input, output and error.
public enum StandardDescriptors {
  /// Opens those on /dev/null that the program was started without (`>&-`). Otherwise the next socket or file would be given
  /// their number, and messages and reports would go into it. Call it before anything else opens a file.
  public static func openMissing() {
    while true {
      var number = open("/dev/null", O_RDWR)
      // In a root without /dev the number is taken all the same: writing to a folder fails, and does no harm.
      if number < 0 { number = open("/", O_RDONLY) }
      guard number >= 0 else { return }
      if number > STDERR_FILENO {
        close(number)
        return
      }
    }
  }
}
