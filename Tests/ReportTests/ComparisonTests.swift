import Statistics
import Testing

@testable import Report

@Suite("Comparisons")
struct ComparisonTests {
  @Test("The table has medians with intervals, and every mode its sentence")
  func text() {
    #expect(
      ComparisonText(ExampleComparisons.comparison()).lines == [
        "*** PARTIAL: one run of zc-copy failed ***",
        "6 of 7 rounds, runs of 10 s after 1 s that do not count, 4 streams; medians with 95 % intervals",
        "mode                     Gb/s             × epoll             CPU-s/GiB           DRAM B/B    zero-copy %  retransmits  n",
        "-------  --------------------  ------------------  --------------------  -----------------  -------------  -----------  -",
        "epoll    61.00 [60.21, 61.73]                      0.200 [0.200, 0.200]  3.20 [3.20, 3.20]            0.0     3 [3, 3]  7",
        "zc-copy  61.22 [60.09, 61.82]  1.01× [0.97, 1.03]  0.206 [0.195, 0.226]  3.20 [3.20, 3.20]            0.0     2 [2, 2]  6",
        "zc       86.00 [85.44, 86.52]  1.41× [1.40, 1.42]  0.110 [0.110, 0.110]  1.10 [1.10, 1.10]  99.1 to 100.0     0 [0, 0]  7",
        "mmap            could not run",
        "",
        "epoll: 61.00 Gb/s [60.21 Gb/s, 61.73 Gb/s], n = 7",
        "zc-copy (the bound queue, flow steered away): 1.01× epoll at the median, CPU per GiB 1.03×, n = 6: "
          + "too few to call a difference (7 rounds can)",
        "zc: 1.41× epoll, CPU per GiB 0.55×, n = 7",
        "mmap: could not run: this version has no such mode",
        "Disturbed: epoll, round 4: 2.1 % of the CPU time was stolen",
        "Left out: zc-copy, round 6: connection reset by peer",
        "epoll: queue 20, CPU 1; data split off",
        "zc-copy: queue 20, CPU 1; data split on",
        "zc: queue 20, CPU 1; data split on",
        "Note: the sender's CPU was busy to 61 % at most",
      ])
  }

  @Test("A mode held against itself shows no difference")
  func same() {
    var comparison = ExampleComparisons.comparison()
    comparison.modes = [ComparedMode(name: "epoll"), ComparedMode(name: "again")]
    for index in comparison.rounds.indices {
      let run = comparison.rounds[index].runs.first { $0.mode == "epoll" }
      guard let run else { continue }
      var other = run
      other.mode = "again"
      // Up and down in turn.
      other.figures.throughput = (run.figures.throughput ?? 0) * (index.isMultiple(of: 2) ? 1.001 : 0.999)
      comparison.rounds[index].runs = [run, other]
    }
    #expect(
      ComparisonAnalysis(comparison).modes[1].sentence
        == "again: no difference from epoll that this run can show (1.00×, CPU per GiB 1.00× "
        + "(no difference that this run can show), n = 7)")
  }

  @Test("A single round, no round at all and no mode at all are told as what they are")
  func few() {
    var comparison = ExampleComparisons.comparison()
    comparison.rounds = Array(comparison.rounds.prefix(1))
    #expect(
      ComparisonAnalysis(comparison).modes[2].sentence
        == "zc: 1.41× epoll at the median, CPU per GiB 0.55×, n = 1: too few to call a difference (7 rounds can)")
    comparison.rounds = []
    #expect(ComparisonAnalysis(comparison).modes[2].sentence == "zc: no run of it counts")
    comparison.modes = []
    #expect(ComparisonText(comparison).lines.count > 3)
    #expect(ComparisonAnalysis(comparison).modes.isEmpty)
  }

  @Test("Disturbed runs count and are named, or are left out with their reason")
  func disturbed() {
    let comparison = ExampleComparisons.comparison()
    let all = ComparisonAnalysis(comparison)
    #expect(all.modes[0].count == 7 && all.modes[0].disturbed.count == 1)
    let quiet = ComparisonAnalysis(comparison, excludingDisturbed: true)
    #expect(quiet.modes[0].count == 6 && quiet.modes[0].disturbed.isEmpty)
    #expect(quiet.leftOut.contains("epoll, round 4: disturbed: 2.1 % of the CPU time was stolen"))
    // The pair of the run left out is gone with it.
    #expect(quiet.modes[2].ratio(.throughput)?.estimate.count == 6)
  }

  @Test("The figures of a pair of reports are the receiver's, retransmissions the sender's")
  func keyFigures() {
    let figures = KeyFigures(receiver: ExampleRuns.partialRaw().json(), sender: ExampleRuns.client().json())
    #expect(figures.throughput == Double(ExampleRuns.totalBytes) * 8 / ExampleRuns.seconds)
    #expect(figures.zeroCopyProven == 996_621_880.0 / 998_621_880)
    #expect(figures.retransmits == 8)
    #expect(figures.dram == nil)
    #expect(KeyFigures(receiver: nil, sender: nil) == KeyFigures())
  }

  @Test("A sweep has a row for each point")
  func sweep() {
    let lines = SweepText(ExampleComparisons.sweep()).lines
    #expect(lines[..<2] == ["*** PARTIAL: interrupted by SIGINT ***", "3 of 4 points"])
    #expect(lines[4].hasPrefix("1      64K           40.40 Gb/s [40.00 Gb/s, 40.80 Gb/s]"))
    #expect(lines[6] == "4      64K     could not run: the interface has 2 queues")
  }
}
