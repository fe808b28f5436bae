/// A small BTF, constructed after Documentation/bpf/btf.rst.
struct ConstructedTypes {
  private var types: [UInt8] = []
  private var strings: [UInt8] = [0]

  private static func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

  mutating func string(_ text: String) -> UInt32 {
    defer { strings += Array(text.utf8) + [0] }
    return UInt32(strings.count)
  }

  /// Appends a type; what follows its first three words is `tail`.
  mutating func append(
    kind: UInt32, name: String = "", members: Int = 0, isBitField: Bool = false, third: UInt32, tail: [UInt32] = []
  ) {
    let information = kind << 24 | UInt32(members) | (isBitField ? 1 << 31 : 0)
    let nameOffset = name.isEmpty ? 0 : string(name)
    types += ([nameOffset, information, third] + tail).flatMap(Self.word)
  }

  mutating func structure(_ name: String, isBitField: Bool = false, _ members: [(name: String, bits: UInt32)]) {
    var tail: [UInt32] = []
    for member in members { tail += [string(member.name), 1, member.bits] }
    append(kind: 4, name: name, members: members.count, isBitField: isBitField, third: 64, tail: tail)
  }

  var bytes: [UInt8] {
    let lengths = [24, 0, UInt32(types.count), UInt32(types.count), UInt32(strings.count)]
    return [0x9f, 0xeb, 1, 0] + lengths.flatMap(Self.word) + types + strings
  }
}
