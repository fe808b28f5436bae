import Glibc
import Linux
import SystemPackage

/// The kernel's own description of its types (BTF, Documentation/bpf/btf.rst), as far as a program at a function's exit
/// asks: a function's number and count of arguments, and where members of structures lie.
public struct KernelTypes: Sendable {
  public static let path = "/sys/kernel/btf/vmlinux"

  public enum Problem: Error, Sendable, Equatable {
    /// This kernel has none (CONFIG_DEBUG_INFO_BTF), or sysfs is not mounted.
    case unreadable(SystemCallError)
    /// What was read is no BTF of a known form.
    case malformed
    /// The function or the member that is not in it.
    case absent(String)
  }

  public struct Function: Sendable, Equatable {
    /// Its number, for attach_btf_id.
    public let identifier: UInt32
    public let argumentCount: Int
  }

  /// A type as it stands in the file: where its twelve bytes begin, and what they say.
  private struct Entry {
    var identifier: UInt32
    var position: Int
    var kind: UInt32
    var memberCount: Int
    var isBitField: Bool
  }

  private let bytes: [UInt8]
  private let types: Range<Int>
  private let strings: Range<Int>

  private static let structure: UInt32 = 4
  private static let function: UInt32 = 12
  private static let prototype: UInt32 = 13
  /// By kind: bytes that follow a type's twelve, once and for each of its members (BTF_KIND_ENUM64 is the last known).
  private static let tails: [(once: Int, each: Int)] = [
    (0, 0), (4, 0), (0, 0), (12, 0), (0, 12), (0, 12), (0, 8), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 8),
    (4, 0), (0, 12), (0, 0), (4, 0), (0, 0), (0, 12),
  ]
  /// The running kernel's has some 5 MB; a file that never ends must not take all memory.
  private static let largest = 1 << 26

  /// Reads the running kernel's.
  public static func read() throws(Problem) -> KernelTypes {
    let bytes: [UInt8]
    do throws(SystemCallError) {
      bytes = try BinaryFile.read(path, limit: largest)
    } catch {
      throw .unreadable(error)
    }
    return try KernelTypes(bytes)
  }

  init(_ bytes: [UInt8]) throws(Problem) {
    self.bytes = bytes
    // struct btf_header: magic, version and flags, then the header's length and two parts' offsets and lengths.
    guard bytes.count >= 24, bytes[0] == 0x9f, bytes[1] == 0xeb, bytes[2] == 1 else { throw .malformed }
    func word(_ position: Int) -> Int {
      Int(bytes[position]) | Int(bytes[position + 1]) << 8 | Int(bytes[position + 2]) << 16
        | Int(bytes[position + 3]) << 24
    }
    func part(_ position: Int) throws(Problem) -> Range<Int> {
      let start = word(4) + word(position)
      let end = start + word(position + 4)
      guard end <= bytes.count else { throw .malformed }
      return start..<end
    }
    types = try part(8)
    strings = try part(16)
  }

  public func function(_ name: String) throws(Problem) -> Function {
    guard let entry = try first(KernelTypes.function, name) else { throw .absent(name) }
    // A function's third word is the number of its prototype.
    let prototype = word(entry.position + 8)
    guard let found = try first(where: { $0.identifier == prototype && $0.kind == KernelTypes.prototype }) else {
      throw .malformed
    }
    return Function(identifier: entry.identifier, argumentCount: found.memberCount)
  }

  /// Bytes from the start of a structure to one of its members.
  public func offset(of member: String, in structure: String) throws(Problem) -> Int {
    guard let entry = try first(KernelTypes.structure, structure) else { throw .absent("struct \(structure)") }
    for index in 0..<entry.memberCount {
      let position = entry.position + 12 + 12 * index
      guard isText(word(position), member) else { continue }
      let bits = word(position + 8)
      return Int(entry.isBitField ? bits & 0xff_ffff : bits) / 8
    }
    throw .absent("\(member) in struct \(structure)")
  }

  private func first(_ kind: UInt32, _ name: String) throws(Problem) -> Entry? {
    try first { $0.kind == kind && isText(word($0.position), name) }
  }

  private func first(where isWanted: (Entry) -> Bool) throws(Problem) -> Entry? {
    var position = types.lowerBound
    // Number 0 is void and stands nowhere.
    var identifier: UInt32 = 1
    while position < types.upperBound {
      guard position + 12 <= types.upperBound else { throw .malformed }
      let information = word(position + 4)
      let kind = information >> 24 & 31
      guard kind < KernelTypes.tails.count, kind > 0 else { throw .malformed }
      let memberCount = Int(information & 0xffff)
      let tail = KernelTypes.tails[Int(kind)]
      let end = position + 12 + tail.once + tail.each * memberCount
      guard end <= types.upperBound else { throw .malformed }
      let entry = Entry(
        identifier: identifier, position: position, kind: kind, memberCount: memberCount,
        isBitField: information >> 31 == 1)
      if isWanted(entry) { return entry }
      position = end
      identifier += 1
    }
    return nil
  }

  private func word(_ position: Int) -> UInt32 {
    UInt32(bytes[position]) | UInt32(bytes[position + 1]) << 8 | UInt32(bytes[position + 2]) << 16
      | UInt32(bytes[position + 3]) << 24
  }

  /// Whether the string at `offset` of the strings is `text`.
  private func isText(_ offset: UInt32, _ text: String) -> Bool {
    let (wanted, start) = (text.utf8, strings.lowerBound + Int(offset))
    guard start + wanted.count < strings.upperBound else { return false }
    return bytes[start + wanted.count] == 0 && bytes[start..<start + wanted.count].elementsEqual(wanted)
  }
}
