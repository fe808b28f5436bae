import Glibc
import Linux

/// Whether this process may have the descriptors that a client's test takes: found before the server is asked for one.
enum DescriptorReserve {
  /// For the control connection, the epoll sets, the name service, and what is read of the machine meanwhile.
  private static let besideStreams = 10

  /// Takes so many at once, and gives them back.
  ///
  /// - Parameter descriptor: one that is open; it stays as it is.
  /// - Throws: a refusal with a remedy, where the limit of open files does not leave them.
  static func check(
    _ configuration: ClientConfiguration, descriptor: Int32
  ) throws(BenchmarkError) {
    _ = OpenFileLimit.raise()
    let wanted = configuration.streams * descriptors(for: configuration.method) + besideStreams
    var taken: [Int32] = []
    defer { for copy in taken { close(copy) } }
    while taken.count < wanted {
      let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
      guard copy >= 0 else {
        throw BenchmarkError(
          "\(configuration.streams) streams take \(wanted) descriptors, and this process may open \(taken.count) more — "
            + "raise the limit of open files (ulimit -n), or use fewer streams (-P)")
      }
      taken.append(copy)
    }
  }

  /// Of one stream: its socket, and the ring or the pipes beside it.
  private static func descriptors(for method: SendMethod?) -> Int {
    switch method {
    case nil, .write, .sendfile, .msgZeroCopy: 1
    case .uring, .uringZeroCopy: 2
    case .splice: 5
    }
  }
}
