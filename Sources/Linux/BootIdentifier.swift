/// The kernel's random number for this boot (/proc/sys/kernel/random/boot_id): the same in every namespace of one
/// machine, another one on every other and after every start.
public enum BootIdentifier {
  public static func read() throws(SystemCallError) -> String {
    let text = try TextFile.read("/proc/sys/kernel/random/boot_id", limit: 64)
    return String(text.prefix { !$0.isWhitespace })
  }
}
