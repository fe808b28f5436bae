import BoundedJSON

extension IperfDocument {
  /// What `--json` writes for a test that fell through before any traffic: iperf3's frame with nothing in it but the
  /// reason. There is no `zcrx_bench`, because there was no run.
  public static func refusal(_ reason: String, toolVersion: String) -> JSONValue {
    .object([
      "start": .object([
        "connected": .array([]), "version": .string("zcrx-bench \(toolVersion) (iperf3 protocol)"),
      ]),
      "intervals": .array([]),
      "end": .object([:]),
      "error": .string(reason),
    ])
  }
}
