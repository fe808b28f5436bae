import Linux

/// How much a TCP socket's receive buffer may grow to.
enum TCPReceiveMemory {
  /// Bytes, the third number of net.ipv4.tcp_rmem (tcp(7)); nil where it cannot be read.
  static var largest: Int? {
    do throws(SystemCallError) {
      return parse(try TextFile.read("/proc/sys/net/ipv4/tcp_rmem", limit: 128))
    } catch {
      return nil
    }
  }

  static func parse(_ text: String) -> Int? {
    let numbers = text.split(whereSeparator: \.isWhitespace)
    return numbers.count == 3 ? Int(numbers[2]) : nil
  }
}
