// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// The kernel lets only programs under a licence that is compatible with its own look into its structures, and these
// instructions do. This file, alone in this project, is therefore offered under the MIT licence or version 2 of the GNU
// General Public License, at your choice; `license` below tells the kernel so.

import CLinux

/// The program that adds up, request by request, what io_zcrx_copy_chunk returned: for requests that have an entry in its
/// map, which names their user_data, thread and process. Two rings may use the same user_data; their threads differ.
enum CopiesByRequest {
  struct Key: BitwiseCopyable, Hashable, Sendable {
    var userData: UInt64
    var task: CopiesByThread.Key
  }

  static let license: StaticString = "Dual MIT/GPL"

  /// - Parameters:
  ///   - argumentCount: arguments of the function; its result stands behind them.
  ///   - userDataOffset: bytes from the start of struct io_kiocb, the first argument, to its cqe.user_data.
  static func program(
    counting map: BPFHash, in namespace: PIDNamespace, argumentCount: Int, userDataOffset: Int
  ) -> [zb_bpf_instruction] {
    typealias I = BPFInstruction
    return I.load64(.r6, from: .r1, offset: Int16(8 * argumentCount))
      + I.whenPositive(
        .r6,
        I.load64(.r7, from: .r1, offset: 0) + I.load64(.r7, from: .r7, offset: Int16(userDataOffset))
          + I.store64(.r7, to: .r10, offset: -16) + namespace.key(at: -8)
          + I.whenZero(
            .r0,
            I.moveMap(.r1, descriptor: map.number) + I.move(.r2, .r10) + I.add(.r2, -16) + I.call(.mapLookUp)
              + I.whenNotZero(.r0, I.add64(.r6, to: .r0, offset: 0))))
      + I.move(.r0, 0) + I.exit
  }
}
