/// A path that the kernel notifies of each send, and so knows whether it was copied.
protocol NotifiedSendPath: SendPath, ~Copyable {
  /// No byte is under way: another path may go on with the stream.
  var isIdle: Bool { get }
}
