import CLinux

/// The program that adds up, thread by thread, what a function returned: for the threads that have an entry in its map.
///
/// The kernel runs it for every thread on every CPU, also where it is attached to a perf event of one thread, so that it
/// picks the threads itself, by their numbers in this process's PID namespace.
enum CopiesByThread {
  /// `bpf_pidns_info` of linux/bpf.h: the thread, and the process that holds it.
  struct Key: BitwiseCopyable, Hashable, Sendable {
    var thread: UInt32
    var process: UInt32
  }

  /// Any licence will do: it calls nothing that is the GPL's alone.
  static let license: StaticString = "Apache-2.0"

  /// Bytes from the start of `pt_regs` to the register that functions return in.
  #if arch(x86_64)
    private static let result: Int16 = 80
  #elseif arch(arm64)
    private static let result: Int16 = 0
  #endif

  static func program(counting map: BPFHash, in namespace: PIDNamespace) -> [zb_bpf_instruction] {
    typealias I = BPFInstruction
    return I.load64(.r6, from: .r1, offset: result)
      + I.whenPositive(
        .r6,
        namespace.key(at: -8)
          + I.whenZero(
            .r0,
            I.moveMap(.r1, descriptor: map.number) + I.move(.r2, .r10) + I.add(.r2, -8) + I.call(.mapLookUp)
              + I.whenNotZero(.r0, I.add64(.r6, to: .r0, offset: 0))))
      + I.move(.r0, 0) + I.exit
  }
}
