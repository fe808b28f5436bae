import Linux

/// Which CPUs may serve an interrupt (/proc/irq/N).
public struct InterruptAffinity: Sendable, Equatable {
  public var number: UInt32
  /// CPUs it may go to (smp_affinity_list), lowest first.
  public var allowed: [Int]
  /// CPUs it does go to (effective_affinity_list); nil where the kernel does not tell.
  public var effective: [Int]?

  /// CPUs that serve it, as far as that can be told: those it goes to, or, where that reading is none of those it may go
  /// to, the latter. On x86 a new affinity moves an MSI-X interrupt with its next delivery, until when the kernel tells
  /// the CPU from before.
  public var serving: [Int] {
    guard let effective, !effective.isEmpty, allowed.isEmpty || Set(effective).isSubset(of: allowed) else {
      return allowed
    }
    return effective
  }

  public init(number: UInt32, allowed: [Int], effective: [Int]? = nil) {
    self.number = number
    self.allowed = allowed
    self.effective = effective
  }

  /// - Throws: ENOENT where there is no such interrupt.
  public static func read(
    _ number: UInt32, directory: String = "/proc/irq"
  ) throws(SystemCallError) -> InterruptAffinity {
    let folder = "\(directory)/\(number)"
    let allowed = try TextFile.read("\(folder)/smp_affinity_list", limit: 1 << 14)
    return InterruptAffinity(
      number: number, allowed: NumberRanges.numbers(in: allowed),
      effective: Reading { () throws(SystemCallError) in
        try TextFile.read("\(folder)/effective_affinity_list", limit: 1 << 14)
      }.value.map(NumberRanges.numbers))
  }
}
