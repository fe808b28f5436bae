/// The numbers iperf3 gives its streams: 1, 3, 4, 5, …; 2 is skipped by a slip that compatibility has frozen
/// (iperf_api.c, `iperf_add_stream`). A peer refuses results that name another.
public enum StreamNumbering {
  /// The number of the stream that was connected `index`-th, counted from 0.
  public static func id(at index: Int) -> Int {
    index == 0 ? 1 : index + 2
  }
}
