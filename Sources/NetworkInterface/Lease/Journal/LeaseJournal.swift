import CLinux
import Glibc
import Linux
import SystemPackage

/// The file that knows what to put back. While it is open it is locked (flock(2)): whoever holds the lock uses the
/// interface, and the kernel releases it however its holder ends. It stays empty until something is about to be changed.
final class LeaseJournal {
  static let standardDirectory = "/run/zcrx-bench"
  static let suffix = ".journal"

  let path: String
  private var descriptor: Descriptor
  private var size = 0
  private(set) var contents = JournalContents()
  /// Lines that could not be read, but for a torn last one.
  private(set) var unreadableLines = 0
  /// Bytes from which on a journal is written anew without what has been undone.
  private let compactsFrom: Int

  private static let largest = 16 << 20

  /// Opens and locks the journal at `path`; nil where another process has it.
  /// - Parameter creates: whether to make it, and its directory, where there is none.
  /// - Throws: ENOENT where there is none.
  static func open(
    _ path: String, creates: Bool = true, compactsFrom: Int = 1 << 18
  ) throws(SystemCallError) -> LeaseJournal? {
    if creates { try makeDirectory(of: path) }
    // Between opening and locking, the one who had it may have removed it: what is locked then is a file without a name.
    for _ in 0..<64 {
      let descriptor = try openFile(path, creates ? O_CREAT : 0)
      guard flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 else {
        if errno == EWOULDBLOCK { return nil }
        throw refusal("lock", path, "flock")
      }
      if isSame(descriptor, path) { return try LeaseJournal(path, descriptor, compactsFrom) }
    }
    return nil
  }

  /// What a journal says, without its lock: it may be changing. Empty where there is none, or none that may be read.
  static func peek(_ path: String) throws(SystemCallError) -> JournalContents {
    do throws(SystemCallError) {
      try checkDirectory(of: path)
      return JournalContents.parse(Array(try TextFile.read(path, limit: 1 << 20).utf8)[...]).contents
    } catch {
      guard error.errno == .noSuchFileOrDirectory || error.errno == .permissionDenied else { throw error }
      return JournalContents()
    }
  }

  private init(_ path: String, _ descriptor: Descriptor, _ compactsFrom: Int) throws(SystemCallError) {
    self.path = path
    self.descriptor = descriptor
    self.compactsFrom = compactsFrom
    let bytes = try LeaseJournal.read(descriptor, path)
    let whole = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    (contents, unreadableLines) = JournalContents.parse(bytes[..<whole])
    size = whole
    // A torn line is of something that was never done; the next one must not be glued to it.
    if whole < bytes.count { try truncate(to: whole) }
  }

  /// Writes a line, and returns once it is where a crash of this process cannot take it away.
  func append(_ record: JournalRecord) throws(SystemCallError) {
    try write([record], to: descriptor, path)
    contents.take(record)
    if size > compactsFrom { try compact() }
  }

  /// Whether nothing is to be put back.
  var isSpent: Bool { contents.entries.isEmpty }

  /// Forgets everything.
  func clear() throws(SystemCallError) {
    try truncate(to: 0)
    contents = JournalContents()
    unreadableLines = 0
    size = 0
  }

  /// Gives the journal up, the file too where nothing is to be put back.
  func close() {
    if isSpent, LeaseJournal.isSame(descriptor, path) { unlink(path) }
    flock(descriptor.number, LOCK_UN)
  }

  private func compact() throws(SystemCallError) {
    let temporary = path + ".new"
    unlink(temporary)
    let replacement = try LeaseJournal.openFile(temporary, O_CREAT | O_EXCL)
    try checked("flock", to: "lock \(temporary)") { flock(replacement.number, LOCK_EX | LOCK_NB) }
    size = 0
    try write(contents.records, to: replacement, temporary)
    try checked("rename", to: "replace \(path)") { rename(temporary, path) }
    descriptor = replacement
  }

  private func write(
    _ records: [JournalRecord], to descriptor: Descriptor, _ path: String
  ) throws(SystemCallError) {
    let bytes = records.flatMap(\.line)
    let written = try checked("pwrite", to: "write \(path)") {
      pwrite(descriptor.number, bytes, bytes.count, off_t(size))
    }
    guard written == bytes.count else {
      throw SystemCallError(attempt: "write \(path)", call: "pwrite", errno: .noSpace)
    }
    try checked("fsync", to: "write \(path)") { fsync(descriptor.number) }
    size += bytes.count
  }

  private func truncate(to size: Int) throws(SystemCallError) {
    try checked("ftruncate", to: "cut \(path)") { ftruncate(descriptor.number, off_t(size)) }
  }

  private static func read(_ descriptor: Descriptor, _ path: String) throws(SystemCallError) -> [UInt8] {
    var facts = stat()
    try checked("fstat", to: "read \(path)") { fstat(descriptor.number, &facts) }
    var bytes = [UInt8](repeating: 0, count: min(Int(facts.st_size), largest))
    let count = try checked("pread", to: "read \(path)") { pread(descriptor.number, &bytes, bytes.count, 0) }
    return Array(bytes.prefix(count))
  }

  private static func openFile(_ path: String, _ flags: Int32) throws(SystemCallError) -> Descriptor {
    try checkDirectory(of: path)
    return Descriptor(
      owning: try checked("open", to: "open \(path)", advice: errno == EACCES ? "run as root" : nil) {
        Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0o600)
      })
  }

  /// Its directory is root's alone: what is in there is believed.
  private static func makeDirectory(of path: String) throws(SystemCallError) {
    let directory = directory(of: path)
    guard mkdir(directory, 0o700) != 0, errno != EEXIST else { return }
    throw refusal("make", directory, "mkdir")
  }

  private static func directory(of path: String) -> String {
    String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  }

  /// One that somebody else owns or may write to may hold anything, and one that is a link lead anywhere. Nobody but its
  /// owner can make another of it afterwards: what /run is, root alone decides.
  private static func checkDirectory(of path: String) throws(SystemCallError) {
    let directory = directory(of: path)
    var facts = stat()
    guard lstat(directory, &facts) == 0 else { throw refusal("open", path, "lstat") }
    let isOthers = facts.st_uid != geteuid() && geteuid() == 0
    guard facts.st_mode & S_IFMT == S_IFDIR, !isOthers, facts.st_mode & 0o077 == 0 else {
      throw SystemCallError(
        attempt: "use \(directory), which is not root's alone", call: "lstat", errno: .notPermitted,
        advice: "look at what is in it, and remove it or give it to root with mode 0700")
    }
  }

  private static func refusal(_ verb: String, _ path: String, _ call: String) -> SystemCallError {
    let errno = Errno(rawValue: errno)
    return SystemCallError(
      attempt: "\(verb) \(path)", call: call, errno: errno, advice: errno == .permissionDenied ? "run as root" : nil)
  }

  private static func isSame(_ descriptor: Descriptor, _ path: String) -> Bool {
    var (opened, named) = (stat(), stat())
    return fstat(descriptor.number, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino
      && opened.st_dev == named.st_dev
  }
}
