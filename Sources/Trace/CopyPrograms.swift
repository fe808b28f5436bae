// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// The kernel lets only programs under a licence that is compatible with its own look into its structures, and one of these
// does. The instructions in this file are therefore offered under the MIT licence or version 2 of the GNU General Public
// License, at your choice, unlike the rest of this project; `license` tells the kernel so.

import CLinux

/// The programs that add up what io_zcrx_copy_chunk returned: bytes that were copied, or an error, which is below 0.
///
/// The kernel runs them for every thread on every CPU, also where they are attached to a perf event of one thread. They pick
/// what they count by a hash of ours, which names two counters in `CopyCounters` for each key.
enum CopyPrograms {
  static let license: StaticString = "Dual MIT/GPL"

  /// A thread and its process, as this process's PID namespace numbers them: `struct bpf_pidns_info` of linux/bpf.h.
  struct Task: BitwiseCopyable, Hashable, Sendable {
    var thread: UInt32
    var process: UInt32
  }

  /// A request of a thread. Two rings may use the same user_data; their threads differ.
  struct Request: BitwiseCopyable, Hashable, Sendable {
    var userData: UInt64
    var task: Task
  }

  private typealias I = BPFInstruction

  /// Bytes from the start of `pt_regs` to the register that functions return in.
  #if arch(x86_64)
    private static let returnRegister: Int16 = 80
  #elseif arch(arm64)
    private static let returnRegister: Int16 = 0
  #endif

  /// At the function's return: counts threads that have an entry in `tasks`, whose keys are `Task`.
  static func byThread(
    _ tasks: BPFHash, _ counters: CopyCounters, in namespace: PIDNamespace
  ) -> [zb_bpf_instruction] {
    I.load64(.r6, from: .r1, offset: returnRegister)
      + I.whenPositive(.r6, whenOurs(namespace, count(keyAt: -8, tasks, counters)))
      + I.move(.r0, 0) + I.exit
  }

  /// At the function's exit: counts requests that have an entry in `requests`, whose keys are `Request`.
  ///
  /// - Parameters:
  ///   - argumentCount: arguments of the function; its result stands behind them.
  ///   - userDataOffset: bytes from the start of struct io_kiocb, the first argument, to its cqe.user_data.
  static func byRequest(
    _ requests: BPFHash, _ counters: CopyCounters, in namespace: PIDNamespace, argumentCount: Int, userDataOffset: Int
  ) -> [zb_bpf_instruction] {
    let userData =
      I.load64(.r7, from: .r1, offset: 0) + I.load64(.r7, from: .r7, offset: Int16(userDataOffset))
      + I.store64(.r7, to: .r10, offset: -16)
    return I.load64(.r6, from: .r1, offset: Int16(8 * argumentCount))
      + I.whenPositive(.r6, userData + whenOurs(namespace, count(keyAt: -16, requests, counters)))
      + I.move(.r0, 0) + I.exit
  }

  /// Leaves the task at the frame pointer less 8, and `body` out where it is of another PID namespace.
  private static func whenOurs(_ namespace: PIDNamespace, _ body: [zb_bpf_instruction]) -> [zb_bpf_instruction] {
    I.move64(.r1, namespace.device) + I.move64(.r2, namespace.inode) + I.move(.r3, .r10) + I.add(.r3, -8)
      + I.move(.r4, 8) + I.call(.threadInNamespace) + I.whenZero(.r0, body)
  }

  /// Adds r6 to the two counters that the hash names for a key.
  private static func count(keyAt offset: Int32, _ hash: BPFHash, _ counters: CopyCounters) -> [zb_bpf_instruction] {
    let add =
      I.and(.r8, Int32(CopyCounters.bytes - 8)) + I.moveMemory(.r1, descriptor: counters.number) + I.add(.r1, .r8)
      + I.add64(.r6, to: .r1, offset: 0)
    return I.moveMap(.r1, descriptor: hash.number) + I.move(.r2, .r10) + I.add(.r2, offset) + I.call(.mapLookUp)
      + I.whenNotZero(
        .r0,
        I.load64(.r7, from: .r0, offset: 0) + I.move(.r8, .r7) + add + I.move(.r8, .r7) + I.shiftRight(.r8, 32) + add)
  }

  /// A hash's value: the counters that a key's bytes are added to.
  static func value(_ first: CopyCount?, _ second: CopyCount?) -> UInt64 {
    UInt64(first?.offset ?? CopyCounters.nowhere) | UInt64(second?.offset ?? CopyCounters.nowhere) << 32
  }
}
