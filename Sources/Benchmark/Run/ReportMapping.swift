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
  /// Which way a stream's bytes go.
  enum Direction {
    case sending
    case receiving
  }

  /// Nil when the kernel does not tell any more.
  init?(_ socket: Socket, _ direction: Direction) {
    guard let snapshot = try? TCPSnapshot(fd: socket.number) else { return nil }
    self.init()
    switch direction {
    case .sending:
      sending = TCPSending(
        busy: snapshot.busyTime, windowLimited: snapshot.windowLimitedTime, bufferLimited: snapshot.bufferLimitedTime)
    case .receiving:
      receiving = TCPReceiving(
        window: snapshot.receiveWindow, space: snapshot.receiveSpace, outOfOrder: snapshot.outOfOrderSegments,
        drops: TCPSnapshot.drops(of: socket.number))
    }
    retransmits = UInt64(snapshot.totalRetransmits)
    segmentsIn = snapshot.segmentsIn
    segmentsOut = snapshot.segmentsOut
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

extension WorkerReport {
  /// - Parameter cpu: the CPU it is bound to.
  init(index: Int, cpu: Int?, streams: [Int], usage: ThreadUsage, calls: UInt64) {
    self.init(
      index: index, cpu: cpu, streams: streams, user: usage.user, system: usage.system,
      voluntarySwitches: usage.voluntarySwitches, involuntarySwitches: usage.involuntarySwitches, calls: calls)
    minorFaults = usage.minorFaults
    majorFaults = usage.majorFaults
    elapsed = usage.elapsed
    lastCPU = usage.cpu
  }
}

extension MachineReport {
  init(_ conditions: MachineConditions) {
    self.init()
    mitigated = conditions.flaws?.mitigated
    vulnerable = conditions.flaws?.vulnerable
    iommus = conditions.iommus
    governors = conditions.governors
    simultaneousThreads = conditions.simultaneousThreads
    numaNodes = conditions.numaNodes
    isVirtual = conditions.isVirtual
  }
}

extension Report.Environment {
  /// This machine as it is now.
  static func read() -> Report.Environment {
    var environment = Report.Environment(MachineFacts.read())
    environment.machine = MachineReport(MachineConditions.read())
    return environment
  }

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
