extension JSONValue {
  /// The same with every string cut to at most so many bytes and an ellipsis.
  public func cuttingStrings(to limit: Int) -> JSONValue {
    switch self {
    case .string(let text) where text.utf8.count > limit:
      // The longest whole characters that fit.
      var end = text.utf8.index(text.startIndex, offsetBy: limit)
      while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
      return .string(text[..<end] + "…")
    case .array(let elements): return .array(elements.map { $0.cuttingStrings(to: limit) })
    case .object(let object): return .object(object.cuttingStrings(to: limit))
    default: return self
    }
  }
}

extension JSONObject {
  /// The same with every string value cut to at most so many bytes and an ellipsis.
  public func cuttingStrings(to limit: Int) -> JSONObject {
    var cut = JSONObject()
    for (key, value) in members { cut.append(uniqueKey: key, value.cuttingStrings(to: limit)) }
    return cut
  }
}
