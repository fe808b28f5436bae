import BoundedJSON
import Statistics
import Testing

@testable import Report

@Suite("Differences")
struct DifferenceTests {
  /// So many runs whose throughput is `factor` times the example's, each with a little noise of its own.
  private static func side(
    _ count: Int, factor: Double = 1, change: (inout RunReport) -> Void = { _ in }
  ) -> DifferenceSide {
    DifferenceSide(
      (0..<count).map { index in
        var report = ExampleRuns.server()
        report.received?.end = ExampleRuns.seconds / factor * (1 + 0.002 * Double(index))
        change(&report)
        return .run(RecordedRun(name: "run \(index)", origin: .zcrxBench, json: report.json(), report: report))
      })
  }

  private static func throughput(_ difference: Difference) throws -> MetricDifference {
    try #require(difference.subjects.first?.metrics.first { $0.metric.name == "throughput" })
  }

  @Test("A change beyond the noise of both sides is called, with its direction")
  func called() throws {
    let slower = try Self.throughput(Difference(base: Self.side(5), new: Self.side(5, factor: 0.9)))
    #expect(slower.verdict == .lower)
    #expect(slower.verdictText == "lower: worse")
    #expect(slower.changeText == "-10.0 %")
    let faster = try Self.throughput(Difference(base: Self.side(5), new: Self.side(6, factor: 1.1)))
    #expect(faster.verdictText == "higher: better")
    let same = try Self.throughput(Difference(base: Self.side(5), new: Self.side(5)))
    #expect(same.verdict == .noDifference)
    #expect(same.verdictText == "no difference that these runs can show")
  }

  @Test("One run a side has no winner, whatever the figures", arguments: [1, 2, 4])
  func tooFew(count: Int) throws {
    let difference = try Self.throughput(Difference(base: Self.side(count), new: Self.side(count, factor: 0.5)))
    #expect(difference.verdict == .tooFew(needed: 5))
    #expect(difference.verdictText == "n = \(count): too few to tell from noise (5 a side can)")
    #expect(difference.changeText == "-50.0 %")
  }

  @Test("A receiver that does not share its environment is said to, and compared in nothing that it does not tell")
  func hiddenReceiver() {
    let hidden = Self.side(1) { $0.environment = $0.environment.withheld }
    let sentence = "receiver's environment not shared (zcrx-bench server --share-environment)"
    let both = Difference(base: hidden, new: hidden)
    #expect(both.conditions == [])
    #expect(both.hiddenReceivers == ["base", "new"])
    #expect(DifferenceText(both).lines.filter { $0.hasSuffix(sentence) }.count == 2)
    let one = Difference(base: Self.side(1), new: hidden)
    #expect(DifferenceText(one).lines.filter { $0.hasSuffix(sentence) } == ["  new: \(sentence)"])
    #expect(one.conditions.allSatisfy { $0.new == [] })
    #expect(one.conditions.map(\.name).contains("environment.kernel"))
    let shared = Difference(base: Self.side(1), new: Self.side(1))
    #expect(DifferenceText(shared).lines.allSatisfy { !$0.hasSuffix(sentence) })
  }

  @Test("What is withheld from a peer names neither machine, kernel nor processor, and reads back")
  func withheld() throws {
    let environment = ExampleRuns.environment
    let told = environment.withheld
    let text = told.json().text()
    for secret in [environment.host, environment.kernel, environment.cpuModel, environment.system] {
      #expect(!text.contains(secret), "\(secret)")
    }
    for secret in (environment.machine?.mitigated ?? []) + (environment.machine?.vulnerable ?? []) {
      #expect(!text.contains("\"\(secret)\""), "\(secret)")
    }
    #expect(environment.machine?.mitigated != nil && environment.interface?.driverVersion != nil)
    #expect(told.interface?.driverVersion == nil && told.interface?.firmware == nil)
    #expect(told.interface?.mtu == environment.interface?.mtu)
    #expect(try Environment(json: told.json(), path: "") == told)
  }

  @Test("Conditions that differ are told first, and those only one side tells are not hidden")
  func conditions() {
    let new = Self.side(1) { report in
      report.environment.kernel = "7.3.4"
      report.settings.congestion = "reno"
    }
    let difference = Difference(base: Self.side(1), new: new)
    #expect(
      difference.conditions == [
        ConditionDifference(name: "environment.kernel", base: ["6.18.44"], new: ["7.3.4"]),
        ConditionDifference(name: "settings.congestion", base: [], new: ["reno"]),
      ])
    #expect(
      DifferenceText(difference).lines[..<3] == [
        "The sides differ in more than what is measured, or do not tell the same:",
        "  environment.kernel: \"6.18.44\" → \"7.3.4\"", "  told by new only: settings.congestion",
      ])
    #expect(
      DifferenceText(Difference(base: Self.side(1), new: Self.side(1))).lines[0]
        == "Both sides ran under the same conditions, as far as they tell.")
  }

  @Test("Runs that something disturbed count and are named, or are left out with the reason")
  func disturbed() {
    let reason = "server: steal: the hypervisor took 9.0 % of CPU 1's time (limit 2 %)"
    var runs = (0..<3).map { index -> RecordedDocument in
      var report = ExampleDisturbances.quiet()
      if index == 1 { report.cpus[1].time = ExampleDisturbances.time(user: 0, system: 5, softirq: 0, steal: 0.9) }
      report.judgeDisturbances()
      return .run(RecordedRun(name: "run \(index)", origin: .zcrxBench, json: report.json(), report: report))
    }
    runs.append(.comparison(ExampleComparisons.comparison(), name: "table"))
    let named = Difference(base: DifferenceSide(runs), new: DifferenceSide(runs))
    let inTable = "table, epoll: 2.1 % of the CPU time was stolen"
    #expect(named.disturbed == ["base", "new"].flatMap { ["\($0): run 1: \(reason)", "\($0): \(inTable)"] })
    #expect(named.subjects[0].baseRuns == 10)
    #expect(DifferenceText(named).lines.contains("Disturbed: new: run 1: \(reason)"))
    let quiet = Difference(
      base: DifferenceSide(runs, excludingDisturbed: true), new: DifferenceSide(runs, excludingDisturbed: true))
    #expect(quiet.disturbed.isEmpty && quiet.subjects[0].baseRuns == 8)
    #expect(quiet.leftOut.contains("base: run 1: disturbed: \(reason)"))
    #expect(quiet.leftOut.contains("base: table, epoll: disturbed: 2.1 % of the CPU time was stolen"))
  }

  @Test("What is of one side of the connection is not held against the other side's, and a line says so")
  func roles() throws {
    let client = ExampleRuns.client()
    let sender = DifferenceSide([
      .run(RecordedRun(name: "client", origin: .zcrxBench, json: client.json(), report: client))
    ])
    var comparison = ExampleComparisons.comparison()
    comparison.modes.removeAll { $0.name != "epoll" }
    for round in comparison.rounds.indices { comparison.rounds[round].runs.removeAll { $0.mode != "epoll" } }
    let table = DifferenceSide([.comparison(comparison, name: "table")])
    let ofOneSide = ["cpu", "cpu.user", "cpu.system", "cpu.machine", "cpu.softirq", "dram", "rtt"]
    for base in [table, Self.side(1)] {
      let difference = Difference(base: base, new: sender)
      let subject = try #require(difference.subjects.first)
      #expect(difference.subjects.count == 1)
      #expect(subject.metrics.contains { $0.metric.name == "throughput" })
      #expect(!subject.metrics.contains { ofOneSide.contains($0.metric.name) })
      let line = try #require(subject.incomparable.first)
      #expect(subject.incomparable.count == 1 && line.metrics.contains("cpu"))
      #expect(line.sentence.hasSuffix(" the receiver's in base and the sender's in new: not compared"))
      #expect(DifferenceText(difference).lines.contains("\(subject.label): \(line.sentence)"))
      let gate = try #require(try FailCondition("cpu>5%").results(for: difference).first)
      #expect(gate.fails)
      #expect(
        gate.sentence
          == "FAILED: cpu>5% (\(subject.label): the receiver's in base and the sender's in new: not compared)")
    }
    // The same side on both is compared: a comparison's is the receiver's.
    let same = try #require(Difference(base: table, new: Self.side(1)).subjects.first)
    #expect(same.incomparable.isEmpty && same.metrics.contains { $0.metric.name == "cpu" })
    let senders = try #require(Difference(base: sender, new: sender).subjects.first)
    #expect(senders.incomparable.isEmpty && senders.metrics.contains { $0.metric.name == "cpu" })
  }

  @Test(
    "A stock iperf3's figures are of the side that wrote them, the sender where a client does not receive",
    arguments: [
      (#"{"connecting_to":{},"test_start":{"reverse":0}}"#, MeasuredSide.sender),
      (#"{"connecting_to":{},"test_start":{"reverse":1}}"#, .receiver),
      (#"{"accepted_connection":{},"test_start":{"reverse":0}}"#, .receiver),
      (#"{"accepted_connection":{},"test_start":{"reverse":1}}"#, .sender),
      (#"{"connecting_to":{},"test_start":{"reverse":0,"bidir":1}}"#, .unknown), ("{}", .unknown),
    ])
  func iperfSides(start: String, side: MeasuredSide) throws {
    let document = try JSONParser.parse(Array(#"{"start":\#(start)}"#.utf8), limits: .file)
    #expect(MeasuredSide(of: RecordedRun(name: "i", origin: .iperf3, json: document, report: nil)) == side)
  }

  @Test("Runs that did not complete count nowhere and are named; what has no like is named too")
  func leftOut() {
    let failed = Self.side(2) { $0.outcome = Outcome(.failed, reason: "connection reset") }
    let difference = Difference(base: Self.side(1), new: failed)
    #expect(difference.subjects.isEmpty)
    #expect(difference.unmatched == ["epoll: only in base"])
    #expect(difference.leftOut == ["new: run 0: connection reset", "new: run 1: connection reset"])
    #expect(DifferenceText(difference).lines.contains("Nothing on one side has its like on the other."))
    let nothing = Difference(base: DifferenceSide([]), new: DifferenceSide([]))
    #expect(nothing.subjects.isEmpty && nothing.conditions.isEmpty)
  }

  @Test("Comparisons are held against each other mode by mode, sweeps point by point")
  func documents() {
    let comparison = DifferenceSide([.comparison(ExampleComparisons.comparison(), name: "a")])
    let modes = Difference(base: comparison, new: comparison)
    #expect(modes.subjects.map(\.label).sorted() == ["epoll", "zc", "zc-copy"])
    #expect(modes.subjects.allSatisfy { $0.metrics.allSatisfy { $0.verdict == .noDifference } })
    #expect(modes.leftOut.contains("base: a, mmap: this version has no such mode"))
    let sweep = DifferenceSide([.sweep(ExampleComparisons.sweep(), name: "s")])
    #expect(Difference(base: sweep, new: sweep).subjects.map(\.label) == ["flows=1 length=64K", "flows=1 length=512K"])
    // One thing on each side is compared under both names.
    let zeroCopy = Self.side(1) { $0.settings.mode = "zc" }
    #expect(Difference(base: Self.side(1), new: zeroCopy).subjects.map(\.label) == ["epoll → zc"])
  }

  @Test(
    "A gate fails where the change is as it says and not shown to be noise",
    arguments: [
      ("throughput<-3%", 5, 0.9, true), ("throughput<-3%", 5, 0.99, false), ("throughput<-3%", 5, 1.1, false),
      ("throughput<-3%", 1, 0.9, true), ("throughput<-0.1%", 5, 0.998, false), ("throughput>=5%", 5, 1.1, true),
      ("throughput<-500Mbps", 5, 0.9, true), ("throughput<-5Gbps", 5, 0.9, false),
      ("zero-copy.proven<-5pp", 5, 1, false), ("retransmits>0", 5, 1, true), ("lost-bytes>10%", 5, 1, false),
    ])
  func gates(text: String, count: Int, factor: Double, fails: Bool) throws {
    let difference = Difference(base: Self.side(count), new: Self.side(count, factor: factor))
    let results = try FailCondition(text).results(for: difference)
    #expect(results.count == 1)
    #expect(results[0].fails == fails, "\(results[0].sentence)")
  }

  @Test("A gate says what it found")
  func gateSentences() throws {
    let difference = Difference(base: Self.side(5), new: Self.side(5, factor: 0.9))
    func sentence(_ text: String) throws -> String? { try FailCondition(text).results(for: difference).first?.sentence }
    #expect(try sentence("throughput<-3%") == "FAILED: throughput<-3% (epoll: -10.0 %, lower: worse)")
    #expect(try sentence("retransmits>0") == "FAILED: retransmits>0 (epoll: not available on both sides)")
    let empty = Difference(base: DifferenceSide([]), new: DifferenceSide([]))
    #expect(
      try FailCondition("cpu>5%").results(for: empty).map(\.sentence)
        == ["FAILED: cpu>5% (nothing: not available on both sides)"])
  }

  @Test(
    "A gate that cannot be understood says what is wrong",
    arguments: [
      ("throughput", "has no relation"), ("speed<-3%", "is no metric"), ("throughput<-3", "is no change of throughput"),
      ("throughput==0%", "asks for an exact change"), ("duration<-3%", "is neither better nor worse"),
      ("zero-copy.proven<-5Gbps", "is no change of zero-copy.proven"), ("throughput<--3%", "is no change"),
      ("mode!=zc", "is a name"), ("mode==zc", "hold each run against it with --require"),
    ])
  func misunderstood(text: String, problem: String) {
    let error = #expect(throws: ExpressionError.self) { try FailCondition(text) }
    #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
  }

  @Test("Markdown has a table, and nothing in a report becomes markup or a mention")
  func markdown() throws {
    let new = Self.side(1) { $0.environment.host = "**evil** @team #1 <img src=x> | `a` [l](http://x)\n# h" }
    let gates = try FailCondition("throughput<-3%").results(for: Difference(base: Self.side(1), new: new))
    let lines = DifferenceText(Difference(base: Self.side(1), new: new), gates: gates).markdown
    #expect(
      lines[1].hasPrefix(#"- environment.host: "receiver" → "\*\*evil\*\* &#64;team &#35;1 &lt;img src=x&gt; \| "#))
    #expect(lines.contains("| metric | base | new | change | verdict |"))
    #expect(lines.contains("| --- | ---: | ---: | ---: | --- |"))
    #expect(lines.contains { $0.hasPrefix("| throughput | 7.79 Gb/s | 7.79 Gb/s | 0.0 % | n = 1: too few to tell") })
    #expect(lines.last?.hasPrefix("- passed: throughput&lt;-3% \\(epoll: 0.0 %") == true)
    #expect(!lines.contains { $0.contains("\n") })
  }
}
