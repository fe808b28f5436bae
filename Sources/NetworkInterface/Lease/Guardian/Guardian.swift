import CLinux
import Glibc
import Linux
import SystemPackage

/// What the guardian process does: waits until the process that started it is gone, and then puts back what that has not.
public enum Guardian {
  /// Its owner's descriptors are closed in no particular order: the lock may go after the pipe. And the kernel takes its
  /// time with a ring whose pages are many.
  private static let patience = 10.0

  /// Whether `path` is where a lease of this program keeps its journal: no other file is opened, changed or removed.
  public static func isJournal(_ path: String) -> Bool {
    let folder = LeaseJournal.standardDirectory + "/"
    guard path.hasPrefix(folder), path.hasSuffix(LeaseJournal.suffix) else { return false }
    let numbers = path.dropFirst(folder.count).dropLast(LeaseJournal.suffix.count).split(
      separator: "-", omittingEmptySubsequences: false)
    return numbers.count == 2 && UInt64(numbers[0]) != nil && UInt32(numbers[1]) != nil
      && numbers.joined().allSatisfy { $0.isASCII && $0.isNumber }
  }

  /// Waits for the end of standard input, and then does its work. It keeps no privilege that it does not need for that.
  /// - Parameter path: of the journal; one that is none (`isJournal`) is left alone.
  public static func run(journal path: String) {
    guard isJournal(path) else { return }
    let refusal = zb_keep_net_admin_alone()
    if refusal < 0 { zb_log("cannot drop privileges: \(Errno(rawValue: -refusal))") }
    var byte: UInt8 = 0
    while true {
      let count = read(STDIN_FILENO, &byte, 1)
      if count == 0 || count < 0 && errno != EINTR { break }
    }
    for message in restore(path) { zb_log(message) }
  }

  private static func restore(_ path: String) -> [String] {
    var messages: [String] = []
    do throws(SystemCallError) {
      // Somebody else with the lock has found what was left and puts it back.
      guard let journal = try open(path) else { return [] }
      defer { journal.close() }
      _ = try LeaseRecovery.restore(journal, includingKept: false, seconds: patience) { event in
        switch event {
        case .restored(let command): messages.append("put back: \(command)")
        case .remark(let remark): messages.append(remark.description)
        case .planned, .applied, .steered: break
        }
      }
    } catch {
      if error.errno != .noSuchFileOrDirectory { messages.append(error.description) }
    }
    return messages
  }

  private static func open(_ path: String) throws(SystemCallError) -> LeaseJournal? {
    let deadline = MonotonicTime.now().adding(seconds: patience)
    while true {
      if let journal = try LeaseJournal.open(path, creates: false) { return journal }
      guard MonotonicTime.now() < deadline else { return nil }
      pause(seconds: 0.01)
    }
  }
}
