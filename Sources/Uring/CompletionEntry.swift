import CKernelABI

/// A completion where the kernel wrote it, for loops that look at a part of it: only what is asked for is read.
@usableFromInline
package struct CompletionEntry {
  @usableFromInline let entry: UnsafePointer<zb_cqe>
  @usableFromInline let format: CompletionBatch.Format

  @inlinable @inline(__always)
  package init(_ entry: UnsafePointer<zb_cqe>, _ format: CompletionBatch.Format) {
    (self.entry, self.format) = (entry, format)
  }

  /// As in `Completion`.
  @inlinable @inline(__always)
  package var userData: UInt64 { entry.pointee.user_data }
  @inlinable @inline(__always)
  package var result: Int32 { entry.pointee.res }
  @inlinable @inline(__always)
  package var isMoreToCome: Bool { entry.pointee.flags & ZB_IORING_CQE_F_MORE != 0 }

  @inlinable @inline(__always)
  package var buffer: UInt16? {
    let flags = entry.pointee.flags
    return flags & ZB_IORING_CQE_F_BUFFER == 0 ? nil : UInt16(truncatingIfNeeded: flags >> ZB_IORING_CQE_BUFFER_SHIFT)
  }

  /// It has an offset.
  @inlinable @inline(__always)
  package var isWide: Bool {
    format == .wide || format == .mixed && entry.pointee.flags & ZB_IORING_CQE_F_32 != 0
  }

  /// Of a wide one alone.
  @inlinable @inline(__always)
  package var offset: UInt64 { UnsafeRawPointer(entry + 1).load(as: zb_zcrx_cqe.self).off }

  /// All of it.
  @inlinable @inline(__always)
  package var completion: Completion { Completion(entry.pointee, offset: isWide ? offset : 0) }
}
