import Report

/// Comparisons and sweeps with every member filled; their figures are made up.
enum ExampleComparisons {
  /// Three modes over seven rounds, of which one run was disturbed and one failed, and a mode that could not run.
  static func comparison() -> Comparison {
    var epoll = ComparedMode(name: "epoll")
    epoll.facts = ["queue 20, CPU 1", "data split off"]
    var copying = ComparedMode(name: "zc-copy", label: "the bound queue, flow steered away")
    copying.facts = ["queue 20, CPU 1", "data split on"]
    var zeroCopy = ComparedMode(name: "zc")
    zeroCopy.facts = ["queue 20, CPU 1", "data split on"]
    let absent = ComparedMode(name: "mmap", unavailable: "this version has no such mode")
    var comparison = Comparison(
      Campaign(
        toolVersion: "1.2.3", startedAt: 1_795_233_214.25,
        outcome: Outcome(.partial, reason: "one run of zc-copy failed"),
        server: Endpoint(host: "receiver.example", port: 5201), plan: plan(rounds: 7)),
      modes: [epoll, copying, zeroCopy, absent])
    comparison.campaign.receiver = ExampleRuns.environment
    comparison.campaign.sender = ExampleRuns.environment
    let noise = [0.0, 0.012, -0.008, 0.021, -0.013, 0.004, -0.017]
    comparison.rounds = noise.enumerated().map { index, noise in
      let order = ["epoll", "zc-copy", "zc"]
      let rotated = order[(index % 3)...] + order[..<(index % 3)]
      return ComparisonRound(
        number: index + 1,
        runs: rotated.map { mode in
          switch mode {
          case "epoll":
            ComparedRun(mode: mode, figures: figures(61e9 * (1 + noise), cpu: 0.2, zeroCopy: 0...0, retransmits: 3))
          case "zc-copy":
            ComparedRun(
              mode: mode,
              figures: figures(61e9 * (1 - noise * 0.9), cpu: 0.21 + noise, zeroCopy: 0...0, retransmits: 2))
          default:
            ComparedRun(
              mode: mode,
              figures: figures(86e9 * (1 + noise / 2), cpu: 0.11, zeroCopy: 0.991...1, retransmits: 0, dram: 1.1))
          }
        })
    }
    comparison.rounds[3].runs[0].disturbed = "2.1 % of the CPU time was stolen"
    comparison.rounds[5].runs[2] = ComparedRun(
      mode: comparison.rounds[5].runs[2].mode, figures: KeyFigures(), failure: "connection reset by peer")
    comparison.campaign.notes = ["the sender's CPU was busy to 61 % at most"]
    return comparison
  }

  /// Two axes, one point that could not run, one that is still missing.
  static func sweep() -> Sweep {
    var sweep = Sweep(
      Campaign(
        toolVersion: "1.2.3", startedAt: 1_795_233_214.25, outcome: Outcome(.partial, reason: "interrupted by SIGINT"),
        server: Endpoint(host: "receiver.example", port: 5201), plan: plan(rounds: 2)),
      axes: [SweepAxis(name: "flows", values: ["1", "4"]), SweepAxis(name: "length", values: ["64K", "512K"])])
    sweep.campaign.receiver = ExampleRuns.environment.withheld
    sweep.campaign.sender = ExampleRuns.environment
    sweep.points = [
      SweepPoint(values: ["1", "64K"], runs: runs(40e9)), SweepPoint(values: ["1", "512K"], runs: runs(52e9)),
      SweepPoint(values: ["4", "64K"], unavailable: "the interface has 2 queues", runs: []),
    ]
    sweep.campaign.notes = ["3 of 4 points were measured"]
    return sweep
  }

  private static func runs(_ rate: Double) -> [ComparedRun] {
    [1, 1.02].map { ComparedRun(mode: nil, figures: figures(rate * $0, cpu: 0.2, zeroCopy: 0...0, retransmits: 0)) }
  }

  private static func plan(rounds: Int) -> ComparisonPlan {
    var plan = ComparisonPlan(rounds: rounds, duration: 10, omit: 1, streams: 4, blockLength: 131_072)
    plan.send = "sendfile"
    plan.bandwidth = 40_000_000_000
    plan.congestion = "cubic"
    plan.window = 4_194_304
    plan.maximumSegmentSize = 1400
    plan.verify = true
    plan.senderCPUs = [2, 3]
    return plan
  }

  private static func figures(
    _ rate: Double, cpu: Double, zeroCopy: ClosedRange<Double>, retransmits: UInt64, dram: Double = 3.2
  ) -> KeyFigures {
    var figures = KeyFigures()
    figures.throughput = rate
    figures.cpu = cpu
    figures.dram = dram
    figures.zeroCopyProven = zeroCopy.lowerBound
    figures.zeroCopyPossible = zeroCopy.upperBound
    figures.retransmits = retransmits
    return figures
  }
}
