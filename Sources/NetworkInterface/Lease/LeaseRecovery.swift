import Glibc
import Linux
import SystemPackage

/// Puts an interface back without a lease: what `nic setup` has left on purpose, and what a process that died has left.
public enum LeaseRecovery {
  /// Puts back everything that the journal of an interface says, in the network namespace of the calling thread.
  /// - Parameter name: of an interface, or of one that is gone.
  /// - Returns: what was not put back and why; nil where nothing was to be done.
  /// - Throws: `LeaseError.busy` while a lease lasts.
  public static func restore(
    _ name: String, observer: @escaping (LeaseEvent) -> Void = { _ in }
  ) throws(LeaseError) -> [LeaseRemark]? {
    try restore(name, in: LeaseEnvironment.standard.directory, observer: observer)
  }

  static func restore(
    _ name: String, in directory: String, observer: @escaping (LeaseEvent) -> Void
  ) throws(LeaseError) -> [LeaseRemark]? {
    let journal: LeaseJournal?
    do throws(SystemCallError) {
      guard let path = try path(for: name, in: directory) else { return nil }
      journal = try LeaseJournal.open(path, creates: false)
    } catch {
      if error.errno == .noSuchFileOrDirectory { return nil }
      throw .system(error)
    }
    guard let journal else { throw .busy(interface: name) }
    defer { journal.close() }
    do throws(SystemCallError) {
      return try restore(journal, includingKept: true, seconds: LeaseRestoration.patience, observer: observer)
    } catch {
      throw .system(error)
    }
  }

  /// - Returns: nil where nothing was to be done.
  static func restore(
    _ journal: LeaseJournal, includingKept: Bool, seconds: Double, observer: @escaping (LeaseEvent) -> Void
  ) throws(SystemCallError) -> [LeaseRemark]? {
    guard !journal.isSpent, let old = journal.contents.identity else { return nil }
    let device = try KernelDevice(index: old.interfaceIndex)
    let present = Reading { () throws(SystemCallError) in try JournalIdentity.current(of: device) }
    if let difference = present.value?.difference(from: old) ?? elsewhere(old) {
      let remark = LeaseRemark(
        .discarded, "the journal \(journal.path) about \(old.interfaceName) is discarded: \(difference)")
      observer(.remark(remark))
      try journal.clear()
      return [remark]
    }
    return LeaseRestoration(device: device, journal: journal, observer: observer)
      .run(includingKept: includingKept, seconds: seconds)
  }

  /// Why a journal says nothing here, told without its device.
  private static func elsewhere(_ old: JournalIdentity) -> String? {
    var here = old
    here.boot = Reading(JournalIdentity.currentBoot).value ?? old.boot
    here.namespace = Reading(JournalIdentity.currentNamespace).value ?? old.namespace
    return here.difference(from: old)
  }

  /// The journal of an interface; where there is no such interface, that of one of this name.
  private static func path(for name: String, in directory: String) throws(SystemCallError) -> String? {
    let namespace = try JournalIdentity.currentNamespace()
    var routes = try RouteSocket()
    if let index = try routes.interface(named: name)?.index {
      return "\(directory)/\(namespace)-\(index)\(LeaseJournal.suffix)"
    }
    for path in journals(of: namespace, in: directory) {
      // A look without the lock: only the name is of interest.
      if try LeaseJournal.peek(path).identity?.interfaceName == name { return path }
    }
    return nil
  }

  private static func journals(of namespace: UInt64, in directory: String) -> [String] {
    DirectoryListing.names(in: directory)
      .filter { $0.hasPrefix("\(namespace)-") && $0.hasSuffix(LeaseJournal.suffix) }.map { "\(directory)/\($0)" }
  }
}
