import Report

extension ByteBounds {
  /// The same bounds of no more than `bytes` in all.
  func atMost(_ bytes: UInt64) -> ByteBounds {
    ByteBounds(atLeast: min(atLeast, bytes), atMost: min(atMost, bytes))
  }

  /// What `bytes` hold besides.
  func remainder(of bytes: UInt64) -> ByteBounds {
    let inside = atMost(bytes)
    return ByteBounds(atLeast: bytes - inside.atMost, atMost: bytes - inside.atLeast)
  }
}
