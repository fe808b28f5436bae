import Report

/// How much of what a flow or a run received was copied, between what the completions prove and what the kernel admits.
///
/// Where a probe counts what io_zcrx_copy_chunk returned, that is exact, and all there is to know. Otherwise: a completion does
/// not say whether its bytes were copied. Copied pieces begin at the start of a buffer and are no longer
/// than a page, so any other completion was not copied: a lower bound. The kernel counts what it copies out of fragments
/// (Linux 7.2), though not out of a packet's linear part: received less that count is an upper bound
/// (io_uring/zcrx.c, io_zcrx_copy_chunk and io_zcrx_copy_frag).
struct CopyBracket: Sendable, Equatable {
  enum Knowledge: Sendable, Equatable {
    /// No device: every byte is copied into the area.
    case everythingCopied
    /// A dma-buf area: the kernel cannot copy into it.
    case nothingCopied
    /// The kernel counts copies out of fragments.
    case counted
    /// Completions are all there is.
    case uncounted(Reason)
  }

  /// Why the kernel's count of copied bytes says nothing here.
  enum Reason: String, Sendable, Equatable, CaseIterable {
    case kernel = "this kernel does not count copies"
    case busy = "the worker of a ring left no moment between two batches to read its counters at"
    case severalRings = "the stream was received on more than one ring, and the kernel counts by ring"
    case omission = "with several rings the kernel's count by ring has the omitted seconds in it"
    case noResult = "the worker of its ring did not answer"
  }

  var knowledge: Knowledge
  /// Bytes that came through completions and are counted as received.
  var completed: UInt64 = 0
  /// Of them, those whose completions prove that they were not copied.
  var proven: UInt64 = 0
  /// The kernel's count of copied bytes, for everything that came through the same rings.
  var kernelCopied: UInt64 = 0
  /// Bytes through the same rings that are not counted as received here, and that the kernel may have copied.
  var beside: UInt64 = 0
  /// Bytes taken with recv().
  var copiedByCall: UInt64 = 0
  /// What the probe counted; nil where it did not, or not all.
  var traced: UInt64?
  /// Bytes that are not counted as received here, and whose copies the probe may have counted too.
  var tracedBeside: UInt64 = 0
  /// How it counts, and why it does not, or not all.
  var traceMethod: String?
  var traceProblem: String?

  /// What lay between two looks at counters that only grow.
  static func - (later: CopyBracket, earlier: CopyBracket) -> CopyBracket {
    CopyBracket(
      knowledge: later.knowledge, completed: later.completed &- earlier.completed,
      proven: later.proven &- earlier.proven, kernelCopied: later.kernelCopied &- earlier.kernelCopied,
      beside: later.beside &- earlier.beside, copiedByCall: later.copiedByCall &- earlier.copiedByCall,
      traced: later.traced.flatMap { later in earlier.traced.map { later &- $0 } },
      tracedBeside: later.tracedBeside &- earlier.tracedBeside, traceMethod: later.traceMethod,
      traceProblem: later.traceProblem)
  }

  /// Bytes received in all.
  var received: UInt64 { completed + copiedByCall }

  var zeroCopied: ByteBounds {
    guard let traced else { return zeroCopiedByCompletions }
    let certain = traced > tracedBeside ? traced - tracedBeside : 0
    return ByteBounds(
      atLeast: max(completed - min(completed, traced), min(proven, completed)),
      atMost: completed - min(completed, certain))
  }

  /// Why what the probe counted cannot be: the kernel counted more, or less can have been copied; nil where nothing is known
  /// against it.
  var contradiction: String? {
    guard let traced else { return nil }
    let certain = traced > tracedBeside ? traced - tracedBeside : 0
    if certain > completed { return "the probe counted more bytes than were received" }
    if certain > completed - min(completed, proven) {
      return "the probe counted more bytes than completions leave room for"
    }
    if case .counted = knowledge, certainlyCopied > traced {
      return "the kernel's own count is higher than the probe's"
    }
    return nil
  }

  /// What the completions and the kernel's count tell.
  var zeroCopiedByCompletions: ByteBounds {
    switch knowledge {
    case .everythingCopied: ByteBounds(exactly: 0)
    case .nothingCopied: ByteBounds(exactly: completed)
    case .uncounted: ByteBounds(atLeast: min(proven, completed), atMost: completed)
    case .counted:
      // Of the kernel's count, what the other bytes cannot account for was copied here.
      ByteBounds(
        atLeast: min(proven, completed), atMost: completed - min(completed - min(proven, completed), certainlyCopied))
    }
  }

  private var certainlyCopied: UInt64 { kernelCopied > beside ? kernelCopied - beside : 0 }

  var copied: ByteBounds {
    let zeroCopied = zeroCopied
    return ByteBounds(atLeast: received - zeroCopied.atMost, atMost: received - zeroCopied.atLeast)
  }

  /// How the bounds were found, in words.
  var method: String {
    let call = copiedByCall > 0 ? "; what recv() took was copied" : ""
    if traced != nil, let traceMethod {
      let whose = zeroCopied.isExact ? "exact" : "at most, for what else its ring received is in it"
      return "\(whose): what the kernel copied, counted at io_zcrx_copy_chunk (\(traceMethod))\(call)"
    }
    return methodByCompletions(call) + (traceProblem.map { "; not exact: \($0)" } ?? "")
  }

  private func methodByCompletions(_ call: String) -> String {
    switch knowledge {
    case .everythingCopied: return "exact: without a device the kernel copies every byte"
    case .nothingCopied: return "exact: the kernel cannot copy into a dma-buf\(call)"
    case .uncounted(let reason):
      return "at least: offsets and sizes of completions; at most: unknown, \(reason.rawValue)\(call)"
    case .counted:
      return "at least: offsets and sizes of completions; at most: received less the kernel's count of copied bytes, "
        + "which leaves out linear parts of packets\(call)"
    }
  }

  var account: CopyAccount { CopyAccount(copied: copied, zeroCopied: zeroCopied, discarded: 0, method: method) }
}
