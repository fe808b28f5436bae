import CLinux

/// The instructions of BPF that this target's programs are made of, named as the kernel's
/// Documentation/bpf/standardization/instruction-set.rst names their parts.
enum BPFInstruction {
  enum Register: UInt8 {
    case r0, r1, r2, r3, r4, r5, r6, r7, r8, r9
    /// The frame pointer, which is read only.
    case r10
  }

  /// Functions of the kernel that a program may call (enum bpf_func_id).
  enum Helper: Int32 {
    case mapLookUp = 1
    /// bpf_get_ns_current_pid_tgid, Linux 5.7: for every program, whatever its licence.
    case threadInNamespace = 120
  }

  /// `to = *(u64 *)(from + offset)`
  static func load64(_ to: Register, from: Register, offset: Int16) -> [zb_bpf_instruction] {
    [make(0x79, to: to, from: from, offset: offset)]
  }

  /// `*(u64 *)(to + offset) = from`
  static func store64(_ from: Register, to: Register, offset: Int16) -> [zb_bpf_instruction] {
    [make(0x7b, to: to, from: from, offset: offset)]
  }

  /// `*(u64 *)(to + offset) += from`, atomically.
  static func add64(_ from: Register, to: Register, offset: Int16) -> [zb_bpf_instruction] {
    [make(0xdb, to: to, from: from, offset: offset)]
  }

  static func move(_ to: Register, _ from: Register) -> [zb_bpf_instruction] { [make(0xbf, to: to, from: from)] }

  static func move(_ to: Register, _ value: Int32) -> [zb_bpf_instruction] {
    [make(0xb7, to: to, immediate: value)]
  }

  static func add(_ to: Register, _ value: Int32) -> [zb_bpf_instruction] { [make(0x07, to: to, immediate: value)] }

  static func add(_ to: Register, _ from: Register) -> [zb_bpf_instruction] { [make(0x0f, to: to, from: from)] }

  static func and(_ to: Register, _ mask: Int32) -> [zb_bpf_instruction] { [make(0x57, to: to, immediate: mask)] }

  static func shiftRight(_ to: Register, _ bits: Int32) -> [zb_bpf_instruction] {
    [make(0x77, to: to, immediate: bits)]
  }

  /// A constant of 64 bits, which takes the room of two instructions.
  static func move64(_ to: Register, _ value: UInt64) -> [zb_bpf_instruction] {
    wide(to, value, source: 0)
  }

  /// The address of a map, by its descriptor (BPF_PSEUDO_MAP_FD).
  static func moveMap(_ to: Register, descriptor: Int32) -> [zb_bpf_instruction] {
    wide(to, UInt64(UInt32(bitPattern: descriptor)), source: 1)
  }

  /// The address of the only value of an array, by its descriptor (BPF_PSEUDO_MAP_VALUE).
  static func moveMemory(_ to: Register, descriptor: Int32) -> [zb_bpf_instruction] {
    wide(to, UInt64(UInt32(bitPattern: descriptor)), source: 2)
  }

  static func call(_ helper: Helper) -> [zb_bpf_instruction] { [make(0x85, immediate: helper.rawValue)] }

  /// Leaves `body` out where `register` is not above 0, as a signed number.
  static func whenPositive(_ register: Register, _ body: [zb_bpf_instruction]) -> [zb_bpf_instruction] {
    [make(0xd5, to: register, offset: Int16(body.count))] + body
  }

  /// Leaves `body` out where `register` is not 0.
  static func whenZero(_ register: Register, _ body: [zb_bpf_instruction]) -> [zb_bpf_instruction] {
    [make(0x55, to: register, offset: Int16(body.count))] + body
  }

  /// Leaves `body` out where `register` is 0.
  static func whenNotZero(_ register: Register, _ body: [zb_bpf_instruction]) -> [zb_bpf_instruction] {
    [make(0x15, to: register, offset: Int16(body.count))] + body
  }

  static let exit = [make(0x95)]

  private static func wide(_ to: Register, _ value: UInt64, source: UInt8) -> [zb_bpf_instruction] {
    [
      zb_bpf_instruction(
        code: 0x18, registers: to.rawValue | source << 4, offset: 0,
        immediate: Int32(truncatingIfNeeded: value)),
      zb_bpf_instruction(code: 0, registers: 0, offset: 0, immediate: Int32(truncatingIfNeeded: value >> 32)),
    ]
  }

  private static func make(
    _ code: UInt8, to: Register = .r0, from: Register = .r0, offset: Int16 = 0, immediate: Int32 = 0
  ) -> zb_bpf_instruction {
    zb_bpf_instruction(
      code: code, registers: to.rawValue | from.rawValue << 4, offset: offset, immediate: immediate)
  }
}
