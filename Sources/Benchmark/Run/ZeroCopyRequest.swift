/// What becomes of -i and -q while zero-copy receive does not exist in this version.
public enum ZeroCopyRequest {
  public static func refusal(interface: String?, queues: String?) throws(BenchmarkError) -> String? {
    guard let interface else { return nil }
    return "zero-copy receive on \(interface) is not in this version"
  }
}
