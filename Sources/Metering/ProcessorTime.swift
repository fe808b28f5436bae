/// What one CPU, or several together, spent its time on, in seconds of CPU time by class (proc(5), /proc/stat): since
/// boot, or between two such readings. How exactly the kernel tells softirq from system time depends on how it was
/// built (CONFIG_IRQ_TIME_ACCOUNTING).
public struct ProcessorTime: Sendable, Equatable {
  /// user + nice. The kernel counts the time of guests within both.
  public var user: Double
  public var system: Double
  public var irq: Double
  public var softirq: Double
  /// Taken by the hypervisor: neither busy nor idle.
  public var steal: Double
  /// idle + iowait: a thread that waits for an io_uring may show as either.
  public var idle: Double
  /// Of `idle`, the part the kernel calls iowait. proc(5) calls it unreliable.
  public var ioWait: Double
  /// Of `user`, what virtual machines on this one used; nil where the kernel does not tell (before 2.6.24).
  public var guest: Double?

  public init(
    user: Double = 0, system: Double = 0, irq: Double = 0, softirq: Double = 0, steal: Double = 0, idle: Double = 0,
    ioWait: Double = 0, guest: Double? = nil
  ) {
    self.user = user
    self.system = system
    self.irq = irq
    self.softirq = softirq
    self.steal = steal
    self.idle = idle
    self.ioWait = ioWait
    self.guest = guest
  }

  /// What was used after `earlier`, and whether a counter stepped back meanwhile: that counts as zero.
  public func since(_ earlier: ProcessorTime) -> (time: ProcessorTime, steppedBack: Bool) {
    var steppedBack = false
    func spent(_ now: Double, _ before: Double) -> Double {
      if now < before { steppedBack = true }
      return max(0, now - before)
    }
    let time = ProcessorTime(
      user: spent(user, earlier.user), system: spent(system, earlier.system), irq: spent(irq, earlier.irq),
      softirq: spent(softirq, earlier.softirq), steal: spent(steal, earlier.steal), idle: spent(idle, earlier.idle),
      ioWait: spent(ioWait, earlier.ioWait),
      guest: guest.flatMap { now in earlier.guest.map { spent(now, $0) } })
    return (time, steppedBack)
  }
}
