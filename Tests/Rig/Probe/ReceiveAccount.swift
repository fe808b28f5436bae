import BoundedJSON

/// What one run of `receive` counts.
struct ReceiveAccount {
  var bytes: UInt64 = 0
  var cqes: UInt64 = 0
  var provenZeroCopyBytes: UInt64 = 0
  var badBytes: UInt64 = 0
  /// Receives armed anew, by cause.
  var rearmsForCompletions: UInt64 = 0
  var rearmsForBuffers: UInt64 = 0
  var rearmsAfterCancel: UInt64 = 0
  /// Bytes came after a request that had slept over waiting bytes was armed anew.
  var stallsCured: UInt64 = 0
  var allocationEvents: UInt64 = 0
  var copyEvents: UInt64 = 0
  /// Times the kernel said that it held completions back.
  var overflows: UInt64 = 0
  /// The first error of a flow.
  var failure: String?

  var json: JSONObject {
    [
      "bytes": .count(bytes),
      "cqes": .count(cqes),
      "proven_zero_copy_bytes": .count(provenZeroCopyBytes),
      "bad_bytes": .count(badBytes),
      "rearms": .object([
        "completions_full": .count(rearmsForCompletions),
        "buffers_exhausted": .count(rearmsForBuffers),
        "after_cancel": .count(rearmsAfterCancel),
      ]),
      "stalls_cured": .count(stallsCured),
      "events": .object(["allocation_failed": .count(allocationEvents), "copied": .count(copyEvents)]),
      "overflows": .count(overflows),
    ]
  }
}
