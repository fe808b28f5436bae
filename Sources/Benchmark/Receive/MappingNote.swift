/// What there is to say about the share of bytes that was mapped.
enum MappingNote {
  /// The share, and where less than half was mapped, why the kernel maps so little.
  ///
  /// - Parameters:
  ///   - mapped: of `received` bytes.
  ///   - segments: of the streams, bytes of payload a segment has (tcpi_rcv_mss); empty when not known.
  ///   - page: bytes.
  static func sentences(mapped: UInt64, received: UInt64, segments: Set<UInt32>, page: Int) -> [String] {
    guard received > 0 else { return [] }
    let percent = Double(mapped) * 100 / Double(received)
    let share = mapped == 0 ? "none" : "\((percent * 10).rounded(.down) / 10) %"
    var sentences = ["mmap: \(share) of \(received) bytes was mapped, \(received - mapped) bytes were copied"]
    guard percent < 50 else { return sentences }
    sentences.append(
      "mmap: the kernel maps whole pages of payload only: on loopback and veth a sender with MSG_ZEROCOPY makes such, and "
        + "neither send() nor sendfile() does; from a NIC it takes header/data split into pages and segments of a multiple "
        + "of \(page) bytes")
    let sizes = segments.filter { $0 > 0 }.sorted()
    if let odd = sizes.first(where: { Int($0) % page != 0 }) {
      sentences.append(
        "mmap: segments brought up to \(odd) bytes of payload, no multiple of a page; an MTU that leaves one does")
    }
    return sentences
  }
}
