import Glibc
import Linux
import SystemPackage

/// Who has prepared an interface by a lease, as its journal and its lock tell. Found without taking the lock, which a
/// lease that begins meanwhile would be refused for.
public struct LeaseTenancy: Sendable, Equatable {
  public enum Tenant: Sendable, Equatable {
    case nobody
    /// A process that lives: its lease, or what it puts back now. Its id in the PID namespace of the reader.
    case process(Int32)
    /// One that has died, and what it changed is still so; or one in a PID namespace that is not shown here.
    case dead
    /// `nic setup`, or a server with --keep-nic: changes meant to stay.
    case kept
    /// The journal says nothing about this device as it is now; why, in a clause.
    case stale(String)
  }

  public var tenant: Tenant
  /// Receive queues it was prepared for.
  public var queues: [Int]
  /// Flow rules it has inserted, and not removed since as far as the journal tells.
  public var rules: [FlowRule]
  /// RSS contexts it has made, and not deleted since as far as the journal tells.
  var contexts: [LeaseContext] = []

  public init(_ tenant: Tenant, queues: [Int] = [], rules: [FlowRule] = []) {
    self.tenant = tenant
    self.queues = queues
    self.rules = rules
  }

  /// Of the interface with that index in the network namespace of the calling thread. Changes nothing.
  /// - Throws: EACCES for anybody but root, where there ever was a lease since boot.
  public static func read(interface index: UInt32) throws(SystemCallError) -> LeaseTenancy {
    let identity = try JournalIdentity.current(of: try KernelDevice(index: index))
    return try read(LeaseEnvironment.standard.path(of: identity), about: identity)
  }

  static func read(_ path: String, about identity: JournalIdentity) throws(SystemCallError) -> LeaseTenancy {
    guard let file = try status(of: path) else { return LeaseTenancy(.nobody) }
    let before = try holder(of: file)
    let contents = try LeaseJournal.peek(path)
    // One that began or ended while the journal was being read is not a dead one.
    let after = try holder(of: file)
    if before == nil, after == nil, try status(of: path) == nil { return LeaseTenancy(.nobody) }
    return LeaseTenancy(contents, about: identity, holder: before ?? after)
  }

  /// - Parameter holder: the process that has locked the journal.
  init(_ contents: JournalContents, about identity: JournalIdentity, holder: Int32?) {
    let rules = contents.entries.compactMap { entry in
      if case .rule(let rule) = entry.deed { rule } else { nil }
    }
    let tenant: Tenant =
      if let holder {
        .process(holder)
      } else if contents.entries.isEmpty {
        .nobody
      } else if let difference = contents.identity.flatMap(identity.difference) {
        .stale(difference)
      } else {
        contents.entries.allSatisfy(\.isKept) ? .kept : .dead
      }
    switch tenant {
    case .nobody, .stale: self.init(tenant)
    case .process, .dead, .kept:
      self.init(tenant, queues: contents.allQueues, rules: rules)
      contexts = contents.entries.compactMap { entry in
        if case .context(let context) = entry.deed { context } else { nil }
      }
    }
  }

  /// Whether a rule that was found on the interface is this tenant's.
  public func owns(_ rule: FlowRule) -> Bool {
    rules.contains { $0.location == rule.location && $0.isSame(as: rule) }
  }

  /// Whether an RSS context that was found on the interface is this tenant's.
  public func owns(_ context: ReceiveSideScaling) -> Bool {
    contexts.contains { $0.isSame(as: context) }
  }

  private static func status(of path: String) throws(SystemCallError) -> stat? {
    var facts = stat()
    if stat(path, &facts) == 0 { return facts }
    guard errno != ENOENT else { return nil }
    throw SystemCallError(
      attempt: "look at \(path)", call: "stat", errno: Errno(rawValue: errno),
      advice: errno == EACCES ? "run as root" : nil)
  }

  private static func holder(of file: stat) throws(SystemCallError) -> Int32? {
    holder(of: file, in: try TextFile.read("/proc/locks", limit: 1 << 20))
  }

  /// The process that has locked a file by flock(2).
  /// - Parameter locks: /proc/locks (proc_locks(5)): the device's numbers in hexadecimal, the inode in decimal.
  static func holder(of file: stat, in locks: String) -> Int32? {
    // As gnu_dev_major(3) and gnu_dev_minor(3) take it apart.
    let device = UInt64(file.st_dev)
    let major = (device >> 8) & 0xfff | (device >> 32) & ~0xfff
    let minor = device & 0xff | (device >> 12) & 0xffff_ff00
    for line in locks.split(separator: "\n") {
      let words = line.split(separator: " ")
      // "3: FLOCK ADVISORY WRITE 812 00:1b:1734 0 EOF"; one that waits has an arrow before FLOCK.
      guard words.count >= 6, words[1] == "FLOCK" else { continue }
      let place = words[5].split(separator: ":")
      if place.count == 3, UInt64(place[0], radix: 16) == major, UInt64(place[1], radix: 16) == minor,
        UInt64(place[2]) == UInt64(file.st_ino)
      {
        return Int32(words[4])
      }
    }
    return nil
  }
}
