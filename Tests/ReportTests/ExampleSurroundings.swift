import Report

/// CPUs, interface and loads of the runs in ExampleRuns; everything is made up.
extension ExampleRuns {
  static func surroundingEnvironment(_ environment: Environment) -> Environment {
    var environment = environment
    environment.machine = machine
    environment.interface = interface
    return environment
  }

  private static var machine: MachineReport {
    var machine = MachineReport()
    machine.mitigated = ["retbleed", "spectre_v2"]
    machine.vulnerable = ["mds"]
    machine.iommus = ["ivhd0"]
    machine.governors = ["performance"]
    machine.simultaneousThreads = "off"
    machine.numaNodes = 2
    machine.isVirtual = false
    return machine
  }

  private static var interface: InterfaceReport {
    var interface = InterfaceReport(name: "eth1", choice: .named, mtu: 1500)
    interface.driver = "bnxt_en"
    interface.driverVersion = "6.18.44"
    interface.firmware = "229.1.123.0"
    interface.bus = "0000:41:00.0"
    interface.speed = 100_000
    interface.numaNode = 1
    interface.iommuGroup = 17
    interface.iommuGroupType = "DMA-FQ"
    interface.offloads = OffloadsReport(gro: true, lro: false, tso: true, gso: true, hardwareGRO: false)
    interface.receiveRing = 1023
    interface.transmitRing = 511
    interface.dataSplit = .on
    interface.splitThreshold = 0
    return interface
  }

  static var senderLoad: LoadEvidence {
    var load = LoadEvidence()
    load.busiestCPU = LoadEvidence.CPULoad(cpu: 3, busyPercent: 98.2, stolenPercent: 0, softirqPercent: 4.5)
    load.busiestWorker = LoadEvidence.WorkerLoad(index: 0, percent: 96.5)
    load.windowLimitedPercent = 2
    load.bufferLimitedPercent = 31
    load.retransmits = 8
    load.pacedPercent = 40
    load.bound = [LoadEvidence.BoundWork(cpu: 3, seconds: 0.99)]
    return load
  }

  static var receiverLoad: LoadEvidence {
    var load = LoadEvidence()
    load.busiestCPU = LoadEvidence.CPULoad(
      cpu: 0, busyPercent: 61, stolenPercent: 2, softirqPercent: 55, othersPercent: 3.5)
    load.busiestWorker = LoadEvidence.WorkerLoad(index: 0, percent: 43.1)
    load.boot = "5e8f3c1a-0d5c-4b7e-9a53-2f0c8d1e7b64"
    return load
  }
}

extension RunReport {
  /// What a receiver measured around its run.
  mutating func addSurroundings() {
    for index in workers.indices {
      workers[index].minorFaults = 17
      workers[index].majorFaults = 0
      workers[index].elapsed = 1.025
      workers[index].lastCPU = 1
    }
    var network = NetworkReport(interface: "eth1")
    var queue = NetworkQueueReport(queue: 20)
    queue.napi = 8213
    queue.interrupt = 145
    queue.thread = 4711
    queue.cpus = [0]
    queue.counters = Self.counters(packets: 689_654, bytes: 1_044_136_156)
    network.queues = [queue]
    network.otherQueues = QueueCountersReport()
    network.otherQueues?.packets = 12
    network.transmit = QueueCountersReport()
    network.transmit?.packets = 20_000
    network.transmit?.stops = 0
    var pool = PagePoolReport(id: 41, isZeroCopy: true)
    pool.queue = 20
    pool.inFlight = 1023
    pool.inFlightBytes = 4_190_208
    pool.counters = PagePoolCountersReport()
    pool.counters?.fastAllocations = 700_000
    network.pagePools = [pool]
    network.link = LinkCountersReport()
    network.link?.receivedPackets = 689_666
    network.link?.receivedBytes = 1_044_137_000
    network.link?.sentPackets = 20_000
    network.link?.sentBytes = 1_320_000
    network.link?.receiveMisses = 3
    self.network = network
    var first = CPUReport(cpu: 0)
    first.numaNode = 1
    first.time = CPUTimeReport(
      user: 0.01, system: 0.05, irq: 0.01, softirq: 0.55, steal: 0.02, idle: 0.38, ioWait: 0.02, guest: 0)
    var interrupt = SoftirqSource(.interrupt)
    interrupt.queue = 20
    interrupt.interrupt = 145
    first.softirq = [interrupt]
    var second = CPUReport(cpu: 1)
    second.numaNode = 1
    second.workers = [0]
    second.time = CPUTimeReport(
      user: 0.09, system: 0.55, irq: 0, softirq: 0.05, steal: 0, idle: 0.33, ioWait: 0.01, guest: nil)
    var incoming = SoftirqSource(.incomingCPU)
    incoming.streams = [3]
    second.softirq = [incoming]
    cpus = [first, second]
    addPlacement()
    addDisturbances()
    load = ExampleRuns.receiverLoad
    peerLoad = ExampleRuns.senderLoad
  }

  private mutating func addDisturbances() {
    var clock = CPUClockReport()
    clock.kilohertzAtBegin = 3_700_000
    clock.kilohertzAtEnd = 3_200_000
    clock.governorAtBegin = "performance"
    clock.governorAtEnd = "performance"
    clock.throttles = 2
    cpus[1].clock = clock
    var disturbances = DisturbanceReport()
    disturbances.seen = [
      Disturbance(
        .frequency, side: .server, cpu: 1, "CPU 1 went from 3700 to 3200 MHz, 13.5 % less (limit 5 %)"),
      Disturbance(
        .throttle, side: .server, cpu: 1, "CPU 1 or its package got too hot 2 times and was slowed down (limit 0)"),
    ]
    disturbances.unknown = [
      UnknownDisturbance(.traffic, side: .server, "what the run's interface counted is not known")
    ]
    self.disturbances = disturbances
  }

  private mutating func addPlacement() {
    var worker = WorkerPlacementReport(
      worker: 0, cpu: 1, reason: "on the node of CPU 0, which serves queue 20")
    worker.numaNode = 1
    worker.serving = ServingCPUReport(cpu: 0, source: .interrupt)
    worker.serving?.numaNode = 1
    worker.relation = .sameNode
    placement = CPUPlacementReport(.other, workers: [worker])
    placement?.interfaceNode = 1
    var polling = PollingReport()
    polling.busyPoll = 50
    polling.method = .ringStatic
    polling.minimumWait = 20
    polling.minimumWaitBatch = 4096
    var deferral = NAPIDeferralReport(queue: 20, napi: 8213)
    deferral.deferHardIRQs = 100
    deferral.groFlushTimeout = 200_000
    deferral.irqSuspendTimeout = 0
    polling.deferrals = [deferral]
    polling.refusals = ["interrupts are not held back meanwhile: constructed"]
    self.polling = polling
  }

  private static func counters(packets: UInt64, bytes: UInt64) -> QueueCountersReport {
    var counters = QueueCountersReport()
    counters.packets = packets
    counters.bytes = bytes
    counters.allocationFailures = 2
    counters.drops = 3
    counters.overruns = 1
    counters.joinedPackets = 20_000
    counters.joinedBytes = 900_000_000
    counters.joinedWirePackets = 620_000
    counters.joinedWireBytes = 940_000_000
    return counters
  }
}
