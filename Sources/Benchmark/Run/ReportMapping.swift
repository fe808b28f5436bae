import Glibc
import Linux
import Metering
import Report

extension Endpoint {
  /// A connection that is already gone has no addresses any more.
  init(_ address: SocketAddress?) {
    self.init(host: address?.host ?? "unknown", port: address?.port ?? 0)
  }
}

extension TCPReport {
  /// Nil when the kernel does not tell any more.
  init?(_ socket: Socket) {
    guard let snapshot = try? TCPSnapshot(fd: socket.number) else { return nil }
    self.init()
    retransmits = UInt64(snapshot.totalRetransmits)
    congestion = snapshot.congestion
    sendMss = snapshot.sendMss
    receiveMss = snapshot.receiveMss
    pathMtu = snapshot.pathMtu
    rtt = snapshot.rtt
    rttVariation = snapshot.rttVariation
    minimumRtt = snapshot.minimumRtt
    sendWindow = snapshot.sendWindow
    congestionWindow = snapshot.congestionWindow
    sendBuffer = snapshot.sendBuffer
    receiveBuffer = snapshot.receiveBuffer
  }
}

extension Report.Environment {
  init(_ facts: MachineFacts) {
    self.init(
      host: facts.host, system: facts.system, kernel: facts.kernel, architecture: facts.architecture,
      cpuModel: facts.cpuModel, onlineCpus: facts.onlineCPUs, defaultCongestion: facts.defaultCongestion)
  }
}

/// Wall-clock time, for the reader only; durations use `MonotonicTime`.
enum WallClock {
  /// Seconds since 1970.
  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
