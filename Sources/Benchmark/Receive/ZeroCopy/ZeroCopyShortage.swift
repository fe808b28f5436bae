/// Why the kernel could not copy what lies in ordinary memory into the area, while recv() cannot read it either: a packet
/// of which a part lies in ordinary memory and the rest in the area.
struct ZeroCopyShortage: Error, Sendable, Equatable, CustomStringConvertible {
  /// The area is a dma-buf.
  var isStrict: Bool

  var description: String {
    isStrict
      ? "a part of a packet lies in ordinary memory, and nothing can be copied into a dma-buf (use --area pages)"
      : "a part of a packet lies in ordinary memory, and there was no free buffer to copy into: the interface's ring and page "
        + "pool, or data that nobody has read yet, hold the whole area (use a larger --area-size)"
  }
}
