import Glibc
import Linux

/// What machine and kernel a run took place on.
public struct MachineFacts: Sendable, Equatable {
  public var host: String
  /// `uname -s -n -r -v -m` in one line, as iperf3's `system_info`.
  public var system: String
  /// The kernel's release: "6.18.44".
  public var kernel: String
  /// "x86_64", "aarch64", …
  public var architecture: String
  /// "unknown" where /proc/cpuinfo names none.
  public var cpuModel: String
  public var onlineCPUs: Int
  /// The congestion control new connections begin with; "unknown" where /proc does not tell.
  public var defaultCongestion: String

  /// Reads this machine's facts. A fact that cannot be read is "unknown" rather than a reason to fail a run.
  public static func read() -> MachineFacts { read(proc: "/proc") }

  static func read(proc: String) -> MachineFacts {
    var name = utsname()
    uname(&name)
    let host = text(name.nodename)
    let release = text(name.release)
    let machine = text(name.machine)
    return MachineFacts(
      host: host,
      system: [text(name.sysname), host, release, text(name.version), machine].joined(separator: " "),
      kernel: release,
      architecture: machine,
      // The first CPU's entry is enough, and comes first.
      cpuModel: contents(of: "\(proc)/cpuinfo", limit: 16_384).flatMap(ProcessorModel.name) ?? "unknown",
      onlineCPUs: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))),
      defaultCongestion: contents(of: "\(proc)/sys/net/ipv4/tcp_congestion_control", limit: 64)?
        .split(whereSeparator: \.isWhitespace).first.map(String.init) ?? "unknown")
  }

  private static func contents(of path: String, limit: Int) -> String? {
    do throws(SystemCallError) {
      return try TextFile.read(path, limit: limit)
    } catch {
      return nil
    }
  }

  /// uname(2) ends each field, a tuple of characters to Swift, with a NUL.
  private static func text<Characters>(_ field: Characters) -> String {
    withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
