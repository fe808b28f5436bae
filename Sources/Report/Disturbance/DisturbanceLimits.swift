/// From where on something counts as a disturbance (docs/measurement.md tells the same, for readers). A figure must
/// exceed its limit.
enum DisturbanceLimits {
  /// Percent of a CPU's time that was stolen: as much as the differences that comparisons are made to find. /proc/stat
  /// counts it in ticks, of which the shortest time it is read over, half a second, has 50.
  static let steal = 2.0
  /// Percent of its frequency by which a CPU was faster or slower at the end: turbo steps and what is worked out from
  /// APERF and MPERF over 20 ms differ by less on a CPU that runs evenly.
  static let frequency = 5.0
  /// A CPU that was busy less than this of its time, percent, is slow because it may be: how fast it runs is no
  /// disturbance.
  static let busyForFrequency = 50.0
  /// Times a CPU got too hot: once is enough, the counters do not say how long it lasted.
  static let throttles: UInt64 = 0
  /// Percent of the run's own bytes, and of its own packets, that others sent or received beside it: less than that
  /// changes throughput by less than runs differ.
  static let traffic = 5.0
  /// Others' bytes and packets that are nothing at all: a remote shell, name resolution, the test's own control
  /// connection.
  static let trafficBytes = 1_048_576.0
  static let trafficPackets = 10_000.0
  /// Percent of a CPU's time that others used. The kernel's ticks, by which /proc/stat may count, are off by a few percent
  /// of a second, and every system has work of its own.
  static let load = 10.0
  /// Seconds by which a sample was late. A thread that wakes up waits for a CPU some tens of milliseconds also where others
  /// want it; half a second of a run of ten is as large a share as others' traffic may have.
  static let pause = 0.5
  /// Percent of the run's time for which a quota kept the process from running: as for what a hypervisor takes.
  static let quota = 2.0
  /// Seconds between two samples, on average, beyond which they do not tell whether the process stood still: twice the
  /// interval that is the default.
  static let sampleDistance = 2.0
  /// Seconds by which an interface's counters may be behind: bnxt_en has its hardware bring them up to date once a second
  /// (ethtool's stats-block-usecs). Where seconds were omitted, so much of their traffic may count as the run's.
  static let staleness = 1.0
}
