import BoundedJSON
import IperfProtocol

/// How a client of ours wants its test received (docs/protocol.md); empty leaves it to the server.
struct ReceiveWish: Sendable, Equatable {
  var mode: ReceiveMode?
  /// Bytes of a buffer of the zero-copy area.
  var bufferLength: UInt32?
  /// `same` or `other`.
  var placement: PlacementWish?

  var isEmpty: Bool { self == ReceiveWish() }

  /// Buffer lengths that may be asked for, as with `--rx-buf-len`: a power of two within these, in bytes.
  private static let bufferLengths: ClosedRange<UInt32> = 4096...(1 << 30)

  init(mode: ReceiveMode? = nil, bufferLength: UInt32? = nil, placement: PlacementWish? = nil) {
    self.mode = mode
    self.bufferLength = bufferLength
    self.placement = placement
  }

  /// What a client's parameters ask for. A client that asks which modes there are gets the server's own.
  ///
  /// - Throws: what is no such wish.
  init(_ parameters: TestParameters) throws(BenchmarkError) {
    guard let extras = parameters.extras, !parameters.asksForModes else { return }
    if let value = extras[Extras.mode] {
      guard let mode = value.string.flatMap(ReceiveMode.init) else {
        throw BenchmarkError("the client asked for a mode that is none of ours")
      }
      self.mode = mode
    }
    if let value = extras[Extras.bufferLength] {
      guard let length = value.uint64Value.flatMap(UInt32.init(exactly:)), length.nonzeroBitCount == 1,
        ReceiveWish.bufferLengths.contains(length)
      else {
        throw BenchmarkError("the client asked for buffers that are no power of two from 4 KiB to 1 GiB")
      }
      bufferLength = length
    }
    if let value = extras[Extras.placement] {
      switch value.string.flatMap(ClientConfiguration.ReceiverPlacement.init) {
      case .same: placement = .same
      case .other: placement = .other
      case nil: throw BenchmarkError("the client asked for a placement that is neither same nor other")
      }
    }
  }
}
