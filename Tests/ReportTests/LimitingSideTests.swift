import Testing

@testable import Report

@Suite("Which side limited the run")
struct LimitingSideTests {
  private func load(
    cpu: Double? = nil, stolen: Double = 0, worker: Double? = nil, window: Double? = nil, buffer: Double? = nil,
    paced: Double? = nil
  ) -> LoadEvidence {
    var load = LoadEvidence()
    load.busiestCPU = cpu.map {
      LoadEvidence.CPULoad(cpu: 2, busyPercent: $0, stolenPercent: stolen, softirqPercent: 10)
    }
    load.busiestWorker = worker.map { LoadEvidence.WorkerLoad(index: 0, percent: $0) }
    load.windowLimitedPercent = window
    load.bufferLimitedPercent = buffer
    load.pacedPercent = paced
    return load
  }

  private func verdict(_ sender: LoadEvidence?, _ receiver: LoadEvidence?) -> LimitReport.Verdict {
    LimitingSide(sender: sender, receiver: receiver).report.verdict
  }

  @Test("One full CPU is the side's that has it; nearly full is not full, and stolen time was not there to be used")
  func oneFullCPU() {
    #expect(verdict(load(cpu: 97, window: 3, buffer: 0), load(cpu: 60)) == .senderCPU)
    #expect(verdict(load(cpu: 60, window: 30, buffer: 0), load(cpu: 97)) == .receiverCPU)
    #expect(verdict(load(cpu: 94.9, window: 3, buffer: 0), load(cpu: 60)) == .neither)
    #expect(verdict(load(cpu: 60, window: 3, buffer: 0), load(cpu: 80, stolen: 16)) == .receiverCPU)
    #expect(verdict(load(cpu: 60, worker: 99, window: 3, buffer: 0), load(cpu: 60)) == .senderCPU)
  }

  @Test("A CPU that others filled is nobody's limit: a worker at 3 % is not held back by its own CPU")
  func otherLoad() {
    func crowded(others: Double, worker: Double = 3, window: Double? = nil) -> LoadEvidence {
      var load = load(cpu: 99, worker: worker, window: window, buffer: window.map { _ in 0 })
      load.busiestCPU?.othersPercent = others
      return load
    }
    let quiet = load(cpu: 20, window: 0, buffer: 0)
    #expect(verdict(quiet, crowded(others: 90)) == .otherLoad)
    #expect(verdict(load(cpu: 20, window: 80, buffer: 0), crowded(others: 90)) == .otherLoad)
    #expect(verdict(crowded(others: 90, window: 0), load(cpu: 20)) == .otherLoad)
    // The sender's neighbours do not make it wait for the receiver.
    #expect(verdict(crowded(others: 90, window: 80), load(cpu: 20)) == .window)
    #expect(verdict(load(cpu: 99, window: 80, buffer: 0), crowded(others: 90)) == .otherLoad)
    #expect(verdict(crowded(others: 90, window: 0), load(cpu: 99)) == .receiverCPU)
    // Up to a tenth is what every system does besides; a full worker is full whoever else is there.
    #expect(verdict(quiet, crowded(others: 10)) == .receiverCPU)
    #expect(verdict(quiet, crowded(others: 10.1)) == .otherLoad)
    #expect(verdict(quiet, crowded(others: 40, worker: 96)) == .receiverCPU)
    let report = LimitingSide(sender: quiet, receiver: crowded(others: 90)).report
    #expect(
      report.evidence.hasPrefix("a CPU of the run was full, and not of the run's own work: sender CPU 2 20 % busy"))
    #expect(report.evidence.contains("receiver CPU 2 99 % busy (softirq 10 %, others 90 %), worker 0 3 %"))
  }

  @Test("A side tells what others used of its CPUs, and the CPU that is full of its own work first")
  func ownShare() {
    func report(worker: Double) -> RunReport {
      var report = ExampleDisturbances.quiet()
      report.processor = ProcessorUse(wallSeconds: 10, user: 0, system: worker)
      report.workers = [
        WorkerReport(
          index: 0, cpu: 0, streams: [1], user: 0, system: worker, voluntarySwitches: 0, involuntarySwitches: 0,
          calls: 1)
      ]
      report.cpus = [CPUReport(cpu: 0), CPUReport(cpu: 1)]
      report.cpus[0].time = ExampleDisturbances.time(user: 0, system: 9.6, softirq: 0)
      report.cpus[1].time = ExampleDisturbances.time(user: 10, system: 0, softirq: 0)
      return report
    }
    let starved = LoadEvidence(of: report(worker: 0.3))
    #expect(starved.busiestCPU?.cpu == 1)
    #expect((starved.busiestCPU?.othersPercent ?? 0) > 96)
    let full = LoadEvidence(of: report(worker: 9.6))
    #expect(full.busiestCPU?.cpu == 0)
    #expect((full.busiestCPU?.othersPercent ?? 100) < 1)
  }

  @Test("With a full CPU on each side the window tells which one held the other back, where it tells")
  func bothFull() {
    #expect(verdict(load(cpu: 99, window: 80, buffer: 0), load(cpu: 99)) == .receiverCPU)
    #expect(verdict(load(cpu: 99, window: 1, buffer: 0), load(cpu: 99)) == .senderCPU)
    #expect(verdict(load(cpu: 99, window: 30, buffer: 0), load(cpu: 99)) == .bothCPUs)
    #expect(verdict(load(cpu: 99), load(cpu: 99)) == .bothCPUs)
  }

  @Test("On one machine a full CPU is both sides' unless one side's worker alone was full")
  func oneMachine() {
    func here(_ load: LoadEvidence) -> LoadEvidence {
      var load = load
      load.boot = "b"
      return load
    }
    #expect(
      verdict(here(load(cpu: 99, worker: 50, window: 0, buffer: 0)), here(load(cpu: 99, worker: 50))) == .bothCPUs)
    #expect(
      verdict(here(load(cpu: 99, worker: 99, window: 0, buffer: 0)), here(load(cpu: 99, worker: 50))) == .senderCPU)
    #expect(
      verdict(here(load(cpu: 99, worker: 50, window: 0, buffer: 0)), here(load(cpu: 99, worker: 99))) == .receiverCPU)
    #expect(verdict(here(load(cpu: 50, worker: 50, window: 70, buffer: 0)), here(load(cpu: 50, worker: 50))) == .window)
    #expect(verdict(here(load(cpu: 99, window: 0, buffer: 0)), load(cpu: 99)) == .senderCPU)
  }

  @Test("Over one address a peer that tells nothing shares the machine too")
  func loopback() {
    var report = ExampleRuns.server()
    report.load = load(cpu: 99, worker: 50)
    report.peerLoad = nil
    #expect(report.limit?.verdict == .receiverCPU)
    report.streams[0].remote.host = report.streams[0].local.host
    #expect(report.limit?.verdict == .bothCPUs)
    report.load = load(cpu: 99, worker: 99)
    #expect(report.limit?.verdict == .receiverCPU)
  }

  @Test("Waiting is the window's fault only where the receiver had CPU left")
  func window() {
    #expect(verdict(load(cpu: 20, window: 70, buffer: 0), load(cpu: 20)) == .window)
    #expect(verdict(load(cpu: 20, window: 0, buffer: 70), load(cpu: 20)) == .window)
    #expect(verdict(load(cpu: 99, window: 70, buffer: 0), load(cpu: 20)) == .window)
    #expect(verdict(load(cpu: 20, window: 70, buffer: 0), load(cpu: 99)) == .receiverCPU)
    #expect(verdict(load(cpu: 20, window: 70, buffer: 0), nil) == .unknown)
    #expect(verdict(load(cpu: 20, window: 0, buffer: 70), nil) == .window)
  }

  @Test("A rate that was asked for and reached limits the run, whatever else was busy")
  func paced() {
    #expect(verdict(load(cpu: 99, window: 70, buffer: 0, paced: 99.5), load(cpu: 99)) == .neither)
    #expect(verdict(load(cpu: 99, window: 0, buffer: 0, paced: 50), load(cpu: 20)) == .senderCPU)
  }

  @Test("What one side alone tells is enough only where it is the reason itself")
  func stockPeers() {
    #expect(verdict(load(cpu: 99, window: 3, buffer: 0), nil) == .senderCPU)
    #expect(verdict(load(cpu: 99, window: 90, buffer: 0), nil) == .unknown)
    #expect(verdict(load(cpu: 20, window: 3, buffer: 0), nil) == .unknown)
    #expect(verdict(nil, load(cpu: 99)) == .receiverCPU)
    #expect(verdict(nil, load(cpu: 20)) == .unknown)
    #expect(verdict(nil, LoadEvidence()) == .unknown)
    #expect(verdict(LoadEvidence(), LoadEvidence()) == .unknown)
  }

  @Test("The evidence names every figure there is, and says what there is not")
  func evidence() {
    #expect(
      LimitingSide(sender: ExampleRuns.senderLoad, receiver: ExampleRuns.receiverLoad).report.evidence
        == "a CPU of the sender was full: sender CPU 3 98 % busy (softirq 5 %), worker 0 97 %; receiver CPU 0 61 % busy "
        + "(softirq 55 %, stolen 2 %), worker 0 43 %; TCP waited for the window 2 % and for the send buffer 31 % of the "
        + "time it had data; 8 segments retransmitted; 40 % of the rate asked for")
    #expect(
      LimitingSide(sender: nil, receiver: LoadEvidence()).report.evidence
        == "the figures at hand do not tell: the sender tells nothing of its CPUs; the receiver's CPUs were not measured"
    )
  }

  @Test("The side that reports takes the other's evidence for the other's")
  func roles() {
    var report = ExampleRuns.server()
    report.load = load(cpu: 99)
    report.peerLoad = load(cpu: 20, window: 20, buffer: 0)
    #expect(report.limit?.verdict == .receiverCPU)
    report.role = .client
    #expect(report.limit?.verdict == .senderCPU)
    report.load = nil
    #expect(report.limit == nil)
  }
}

@Suite("What one side knows of its load")
struct LoadEvidenceTests {
  @Test("The busiest CPU is the one with least left, and a worker's share is of its own life")
  func busiest() {
    var report = ExampleRuns.server()
    report.workers[0].elapsed = 2
    let load = LoadEvidence(of: report)
    #expect(load.busiestCPU?.cpu == 1)
    #expect(abs((load.busiestCPU?.busyPercent ?? 0) - 0.69 / 1.02 * 100) < 1e-9)
    #expect(abs((load.busiestWorker?.percent ?? 0) - (0.012 + 0.43) / 2 * 100) < 1e-9)
    #expect(load.windowLimitedPercent == nil && load.retransmits == nil)
  }

  @Test("What lived too briefly, or was not measured, tells nothing")
  func brief() {
    var report = ExampleRuns.server()
    report.workers[0].elapsed = 0.4
    report.cpus = [CPUReport(cpu: 0)]
    #expect(LoadEvidence(of: report) == LoadEvidence())
  }

  @Test("A sender adds up its connections' waiting, and compares its rate with the one asked for")
  func sender() {
    var report = ExampleRuns.client()
    report.streams[1].tcp?.sending = TCPSending(busy: 3_000_000, windowLimited: 0, bufferLimited: 0)
    report.settings.bandwidth = 4_000_000_000
    let load = LoadEvidence(of: report)
    #expect(load.windowLimitedPercent == 0.5)
    #expect(load.bufferLimitedPercent == 7.75)
    #expect(load.retransmits == 8)
    #expect(abs((load.pacedPercent ?? 0) - 99.842) < 0.01)
  }
}

@Suite("What bytes cost")
struct ProcessorCostTests {
  @Test("One second for one GiB in each unit")
  func units() throws {
    let cost = try #require(ProcessorCost(seconds: 1, bytes: 1 << 30))
    #expect(cost.secondsPerGibibyte == 1)
    #expect(cost.microsecondsPerMebibyte == 976.5625)
    #expect(abs(cost.gigabitsPerBusyCPU - 8.589934592) < 1e-12)
  }

  @Test("Nothing moved, or no time counted, costs nothing that could be told")
  func unknown() {
    #expect(ProcessorCost(seconds: 1, bytes: 0) == nil)
    #expect(ProcessorCost(seconds: 0, bytes: 1) == nil)
    var report = ExampleRuns.server()
    report.processor.wallSeconds = 0.04
    report.processor.machine = nil
    #expect(report.processCost == nil && report.machineCost == nil)
  }

  @Test("Each side's cost is over its own account")
  func account() {
    var report = ExampleRuns.client()
    report.received = nil
    #expect(report.processCost != nil)
    report.role = .server
    #expect(report.processCost == nil)
  }
}
