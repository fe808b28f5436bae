import BoundedJSON

/// Why `bytes` are refused; nil when they are accepted.
func refusal(of bytes: some Collection<UInt8>, limits: JSONLimits) -> JSONError? {
  do {
    _ = try JSONParser.parse(bytes, limits: limits)
    return nil
  } catch {
    return error
  }
}
