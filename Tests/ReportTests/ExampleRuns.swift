import Report

/// Runs with every field filled, as the tests and the documents in Fixtures show them.
enum ExampleRuns {
  static let environment = surroundingEnvironment(
    Environment(
      host: "receiver", system: "Linux receiver 6.18.44 #1 SMP PREEMPT_DYNAMIC x86_64", kernel: "6.18.44",
      architecture: "x86_64", cpuModel: "AMD EPYC 9454", onlineCpus: 2, defaultCongestion: "cubic"))

  /// The numbers of J. Lemon's mail of 7 November 2022, split over two streams.
  static let totalBytes: UInt64 = 998_621_880
  static let seconds = 1.025219375

  static func server() -> RunReport {
    var report = RunReport(
      toolVersion: "1.2.3", role: .server, kind: .iperf3, outcome: .completed, startedAt: 1_795_233_214.25,
      peer: Endpoint(host: "192.0.2.1", port: 34_938), local: Endpoint(host: "192.0.2.2", port: 5201),
      settings: settings(), environment: environment, processor: processor())
    report.settings.requestedMode = "auto"
    report.settings.mode = "epoll"
    report.settings.receiveLength = 524_288
    report.settings.modeReason = "no interface was named"
    report.cookie = "owq67fphpfnidrebzix5fwbvnn7rg6uiruiy"
    report.streams = [
      stream(id: 1, socket: 5, port: 34_948, bytes: 600_000_000),
      stream(id: 3, socket: 8, port: 34_962, bytes: 398_621_880),
    ]
    report.sent = Transfer(bytes: totalBytes, start: 0, end: 1.0002)
    report.received = Transfer(bytes: totalBytes, start: 0, end: seconds)
    report.copyAccount = CopyAccount(
      copied: ByteBounds(exactly: totalBytes), zeroCopied: ByteBounds(exactly: 0), discarded: 0,
      method: "recv() copies every byte")
    report.peerCongestion = "bbr"
    report.intervals = [
      interval(start: 0, end: 0.5, omitted: true, bytes: [1000, 2000]),
      interval(start: 0, end: 0.5, omitted: false, bytes: [300_000_000, 200_000_000]),
      interval(start: 0.5, end: seconds, omitted: false, bytes: [300_000_000, 198_621_880]),
    ]
    report.settings.omit = 1
    report.streams[0].omittedBytes = 1000
    report.streams[1].omittedBytes = 2000
    report.workers = [
      WorkerReport(
        index: 0, cpu: 1, streams: [1, 3], user: 0.012, system: 0.43, voluntarySwitches: 12, involuntarySwitches: 3,
        calls: 1905)
    ]
    report.addSurroundings()
    report.callSizes = DistributionReport(
      count: 1905, minimum: 1448, median: 524_288, percentile99: 524_288, maximum: 524_288)
    report.callSizes?.classes = [
      SampleClass(atLeast: 1280, atMost: 1535, samples: 5),
      SampleClass(atLeast: 524_288, atMost: 655_359, samples: 1900),
    ]
    report.samplerLateness = DistributionReport(count: 3, minimum: 11, median: 14, percentile99: 90, maximum: 90)
    report.verification = VerificationReport(
      checkedBytes: totalBytes, firstWrongOffset: nil, wrongStream: nil, cpuSeconds: 0.125)
    report.notes = ["the interval of 0.5 s was asked for"]
    return report
  }

  static func client() -> RunReport {
    var report = server()
    report.role = .client
    report.environment.interface?.choice = .route
    report.placement = nil
    report.polling = nil
    report.load = senderLoad
    report.peerLoad = receiverLoad
    report.network?.queues = []
    report.network?.pagePools = []
    report.network?.absent = ["counters by queue: not supported by the driver"]
    report.peer = Endpoint(host: "receiver.example", port: 5201)
    report.controlMss = 1448
    report.settings.omit = 0
    report.settings.requestedMode = nil
    report.settings.mode = nil
    report.settings.modeReason = nil
    report.settings.send = "write"
    report.verification = nil
    report.processor.peer = PeerUtilization(totalPercent: 74.3, userPercent: 4.0, systemPercent: 70.3)
    report.intervals = [report.intervals[1], report.intervals[2]]
    for index in report.intervals.indices {
      for stream in report.intervals[index].streams.indices {
        report.intervals[index].streams[stream].retransmits = 2
        report.intervals[index].streams[stream].congestionWindow = 785_796
        report.intervals[index].streams[stream].sendWindow = 2_690_048
        report.intervals[index].streams[stream].rtt = 19
        report.intervals[index].streams[stream].rttVariation = 11
        report.intervals[index].streams[stream].pathMtu = 1500
      }
    }
    for index in report.streams.indices {
      report.streams[index].omittedBytes = 0
      report.streams[index].tcp?.retransmits = 4
      report.streams[index].tcp?.sending = TCPSending(busy: 1_000_000, windowLimited: 20_000, bufferLimited: 310_000)
      report.streams[index].tcp?.receiving = nil
    }
    return report
  }

  /// A raw stream through a zero-copy queue, stopped early: no sender's account, bounds instead of figures.
  /// A sender that left zero-copy on one of its streams; constructed, no such run was recorded.
  static func sendingZeroCopy() -> RunReport {
    var report = client()
    report.settings.requestedSend = "auto"
    report.settings.send = "uring-zc"
    report.settings.sendReason = "through eth1 (mlx5_core)"
    var transmit = TransmitReport(handover: .notified, retries: 12)
    transmit.zeroCopiedBytes = 600_000_000
    transmit.copiedBytes = 390_233_272
    transmit.unsettledBytes = 8_388_608
    transmit.notifications = 1153
    transmit.copiedNotifications = 8
    transmit.refusals = 3
    transmit.streamsWriting = 1
    transmit.reasonToWrite = "the kernel says it copied 8 of the first 8 sends"
    report.transmit = transmit
    return report
  }

  static func partialRaw() -> RunReport {
    var report = server()
    report.kind = .raw
    report.outcome = Outcome(.partial, reason: "interrupted by SIGINT")
    report.cookie = nil
    report.peerCongestion = nil
    report.processor.peer = nil
    report.processor.machine = nil
    report.cpus = []
    report.network = nil
    report.placement = nil
    report.polling = nil
    report.environment.machine = nil
    report.environment.interface = nil
    report.load = LoadEvidence()
    report.disturbances = nil
    report.peerLoad = nil
    report.verification = nil
    report.settings = RunSettings()
    report.settings.mode = "zc"
    report.settings.interface = "eth1"
    report.settings.queues = "20"
    report.streams = [stream(id: 1, socket: 5, port: 34_948, bytes: totalBytes)]
    report.streams[0].sent = nil
    report.unlistedStreams = UnlistedStreams(count: 2, bytes: 0)
    report.sent = nil
    report.copyAccount = CopyAccount(
      copied: ByteBounds(atLeast: 1_938_872, atMost: 2_000_000),
      zeroCopied: ByteBounds(atLeast: 996_621_880, atMost: 996_683_008), discarded: 0,
      method: "the kernel's copy counter leaves out linear parts")
    report.streams[0].copyAccount = report.copyAccount
    report.streams[0].placement = PlacementReport(napi: 8213, queue: 20, isOurs: true)
    report.workers[0].streams = [1]
    report.intervals = []
    var queue = zeroCopyQueue(worker: 0, queue: 20)
    queue.completedBytes = totalBytes
    queue.provenBytes = 996_621_880
    queue.kernelCopiedBytes = 1_938_872
    queue.kernelCopies = 1339
    report.zeroCopy = ZeroCopyReport()
    report.zeroCopy?.queues = [queue]
    report.zeroCopy?.arrival = ArrivalReport()
    report.zeroCopy?.arrival?.queues = [arrival().queues[0]]
    report.zeroCopy?.arrival?.otherPackets = 25
    report.zeroCopy?.arrival?.otherBytes = 2650
    return report
  }

  /// One queue of which all is known, and one that was lost half-way.
  private static func arrival() -> ArrivalReport {
    var (whole, lost) = (QueueArrivalReport(queue: 20), QueueArrivalReport(queue: 21))
    (whole.boundAtBegin, whole.boundAtEnd, whole.pooledAtBegin, whole.pooledAtEnd) = (true, true, true, true)
    (whole.packets, whole.bytes) = (689_654, 1_046_139_720)
    (lost.boundAtBegin, lost.boundAtEnd, lost.pooledAtBegin) = (true, false, true)
    var arrival = ArrivalReport()
    arrival.queues = [whole, lost]
    arrival.otherPackets = 275_292
    arrival.otherBytes = 416_791_040
    arrival.absent = [
      "page pools: none names the queue's NAPI", "queue counters: the driver does not count all, or has begun anew",
    ]
    return arrival
  }

  /// Two queues of which everything that can be told is told: one that had every trouble, one of another kind of memory;
  /// a stream on the wrong queue, and one that lost bytes.
  static func zeroCopy() -> RunReport {
    var report = server()
    report.outcome = Outcome(.failed, reason: "4096 bytes arrived and could not be read; they are in no other figure")
    report.settings.mode = "zc"
    report.settings.modeReason = "eth1 can do it"
    report.settings.interface = "eth1"
    report.settings.queues = "20-21"
    report.verification = nil
    report.copyAccount = account(bytes: totalBytes, zeroCopied: ByteBounds(atLeast: 500_000_000, atMost: 590_000_000))
    report.streams[0].copyAccount = account(
      bytes: 600_000_000, zeroCopied: ByteBounds(atLeast: 500_000_000, atMost: 590_000_000))
    report.streams[0].placement = PlacementReport(napi: 8213, queue: 20, isOurs: true)
    report.streams[0].lostBytes = 4096
    report.streams[1].unreadBytes = 1448
    report.processor.machine = nil
    report.processor.machineUnknown = "cannot make sense of /proc/stat: its time of all CPUs stood still"
    report.processor.throttling = CPUThrottlingReport(cgroup: "/pod", periods: 3, seconds: 0.005)
    report.streams[1].copyAccount = account(bytes: 398_621_880, zeroCopied: ByteBounds(exactly: 0))
    report.streams[1].placement = PlacementReport(napi: 8196, queue: 3, isOurs: false)
    for (index, share) in [ByteBounds(exactly: 0), ByteBounds(atLeast: 250_000_000, atMost: 299_999_999), nil]
      .enumerated()
    {
      report.intervals[index].zeroCopied = share
      report.intervals[index].copied = share.map {
        ByteBounds(
          atLeast: report.intervals[index].bytes - $0.atMost, atMost: report.intervals[index].bytes - $0.atLeast)
      }
    }
    var troubled = zeroCopyQueue(worker: 0, queue: 20)
    troubled.refusedOptions = ["buffers of 65536 bytes (EINVAL); 4096 instead"]
    troubled.backlogHighWater = 17
    troubled.rearms.completionQueueFull = 1
    troubled.rearms.noBuffer = 2
    troubled.rearms.otherRing = 3
    troubled.rearms.watchdog = 4
    troubled.rearms.other = 5
    troubled.stallsCured = 4
    troubled.completionOverflows = 5
    troubled.drainedBytes = 398_621_880
    troubled.tracedCopiedBytes = 10_000_007
    var quiet = zeroCopyQueue(worker: 1, queue: 21)
    quiet.memory.area = .dmabuf
    quiet.memory.areaBytes = 196_608
    quiet.refusedOptions = ["events and the kernel's count of copied bytes (EINVAL); Linux 7.2 has them"]
    quiet.completions = 0
    quiet.completionSizes = nil
    quiet.kernelCopiedBytes = nil
    quiet.kernelCopies = nil
    quiet.allocationFailures = nil
    quiet.copyEvents = nil
    quiet.flushes = 1
    report.zeroCopy = ZeroCopyReport()
    report.zeroCopy?.queues = [troubled, quiet]
    report.zeroCopy?.arrival = arrival()
    report.zeroCopy?.tracing = TracingReport(
      method: "kprobe-multi", isExact: false, problem: "the probe missed 3 calls",
      refusals: ["fexit: /sys/kernel/btf/vmlinux has no io_zcrx_copy_chunk"])
    report.zeroCopy?.likelyCauses = ["wrong queue: steer them", "area exhausted: use a larger --area-size"]
    return report
  }

  /// Without a device: no queue, no placement, everything copied.
  static func zeroCopyWithoutDevice() -> RunReport {
    var report = server()
    report.settings.requestedMode = "zc-copy"
    report.settings.mode = "zc-copy"
    report.settings.modeReason = nil
    report.copyAccount = account(bytes: totalBytes, zeroCopied: ByteBounds(exactly: 0))
    var queue = zeroCopyQueue(worker: 0, queue: nil)
    queue.memory.area = .hugePages
    queue.flushes = 120
    report.zeroCopy = ZeroCopyReport()
    report.zeroCopy?.queues = [queue]
    return report
  }

  private static func account(bytes: UInt64, zeroCopied: ByteBounds) -> CopyAccount {
    CopyAccount(
      copied: ByteBounds(atLeast: bytes - zeroCopied.atMost, atMost: bytes - zeroCopied.atLeast),
      zeroCopied: zeroCopied,
      discarded: 0, method: "made up")
  }

  private static func zeroCopyQueue(worker: Int, queue: Int?) -> ZeroCopyQueueReport {
    var report = ZeroCopyQueueReport(
      worker: worker, queue: queue,
      memory: ZeroCopyMemoryReport(
        area: .pages, areaBytes: 134_217_728, bufferBytes: 4096, refillEntries: 32_768, completionEntries: 32_768))
    report.completions = 243_804
    report.completionSizes = DistributionReport(
      count: 243_804, minimum: 12, median: 4096, percentile99: 4096, maximum: 4096)
    report.completionSizes?.classes = [
      SampleClass(atLeast: 12, atMost: 13, samples: 2),
      SampleClass(atLeast: 1280, atMost: 1535, samples: 3802),
      SampleClass(atLeast: 4096, atMost: 5119, samples: 240_000),
    ]
    report.completedBytes = 600_000_421
    report.provenBytes = 500_000_000
    report.kernelCopiedBytes = 10_000_000
    report.kernelCopies = 2442
    report.refillHighWater = 1024
    report.allocationFailures = 2
    report.copyEvents = 7
    return report
  }

  /// A client whose server went away after a wrong byte; every setting that may be absent is there.
  static func failed() -> RunReport {
    var report = client()
    report.outcome = Outcome(.failed, reason: "stream 3: connection reset by peer")
    report.settings.maximumSegmentSize = 1400
    report.settings.window = 262_144
    report.settings.congestion = "reno"
    report.settings.bandwidth = 5_000_000_000
    report.settings.verify = true
    report.settings.requestedMode = "auto"
    report.settings.mode = "epoll"
    report.settings.modeReason = "zero-copy is not built in"
    report.settings.interface = "eth1"
    report.settings.queues = "20"
    report.streams[1].failure = "connection reset by peer"
    report.streams[1].received = nil
    report.received = nil
    report.verification = VerificationReport(
      checkedBytes: 4096, firstWrongOffset: 1234, wrongStream: 3, cpuSeconds: 0.001)
    report.workers[0].cpu = nil
    return report
  }

  static func discarding() -> RunReport {
    var report = server()
    report.settings.requestedMode = "discard"
    report.settings.mode = "discard"
    report.settings.modeReason = nil
    report.settings.fairQueueRate = 2_000_000_000
    report.settings.title = "run 7"
    report.settings.extraData = "lab"
    report.verification = nil
    report.polling = nil
    report.copyAccount = CopyAccount(
      copied: ByteBounds(exactly: 0), zeroCopied: ByteBounds(exactly: 0), discarded: totalBytes,
      method: "recv(MSG_TRUNC) copies nothing")
    report.intervals[0].unlistedBytes = 7
    return report
  }

  private static func settings() -> RunSettings {
    var settings = RunSettings()
    settings.streams = 2
    settings.blockLength = 524_288
    settings.duration = 1
    settings.interval = 1
    return settings
  }

  private static func processor() -> ProcessorUse {
    var use = ProcessorUse(wallSeconds: 1.025, user: 0.0123, system: 0.4295)
    use.machine = MachineUse(cpus: 2, user: 0.1, system: 0.6, irq: 0.01, softirq: 0.25, steal: 0.02, idle: 1.07)
    use.machine?.ioWait = 0.03
    use.machine?.guest = 0
    use.peer = PeerUtilization(totalPercent: 97.6, userPercent: 0.5, systemPercent: 97.1)
    return use
  }

  private static func stream(id: Int, socket: Int, port: UInt16, bytes: UInt64) -> StreamReport {
    var stream = StreamReport(
      id: id, socket: socket, local: Endpoint(host: "192.0.2.2", port: 5201),
      remote: Endpoint(host: "192.0.2.1", port: port))
    stream.sent = Transfer(bytes: bytes, start: 0, end: 1.0002)
    stream.received = Transfer(bytes: bytes, start: 0, end: seconds)
    var tcp = TCPReport()
    tcp.congestion = "bbr"
    tcp.sendMss = 1448
    tcp.receiveMss = 1448
    tcp.pathMtu = 1500
    tcp.rtt = 60
    tcp.rttVariation = 10
    tcp.minimumRtt = 50 + UInt32(id)
    tcp.maximumRtt = 90
    tcp.meanRtt = 65
    tcp.sendWindow = 2_690_048
    tcp.maximumSendWindow = 2_690_048
    tcp.congestionWindow = 785_796
    tcp.maximumCongestionWindow = 785_796
    tcp.sendBuffer = 16_384
    tcp.receiveBuffer = 131_072
    tcp.segmentsIn = 414_365
    tcp.segmentsOut = 10_021
    tcp.receiving = TCPReceiving(window: 65_536, space: 14_600, outOfOrder: 3, drops: 1)
    stream.tcp = tcp
    return stream
  }

  private static func interval(start: Double, end: Double, omitted: Bool, bytes: [UInt64]) -> IntervalReport {
    IntervalReport(
      start: start, end: end, omitted: omitted,
      streams: [
        IntervalStream(id: 1, socket: 5, bytes: bytes[0]), IntervalStream(id: 3, socket: 8, bytes: bytes[1]),
      ])
  }
}
