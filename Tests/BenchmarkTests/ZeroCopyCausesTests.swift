import Report
import Testing

@testable import Benchmark

@Suite("Likely causes of little zero-copy")
struct ZeroCopyCausesTests {
  /// A megabyte, of which nothing was received without a copy.
  private func evidence(_ change: (inout LikelyCauses.Evidence) -> Void = { _ in }) -> LikelyCauses.Evidence {
    var evidence = LikelyCauses.Evidence(
      interface: "eth0", queues: [1], received: 1_000_000, zeroCopied: ByteBounds(exactly: 0), completions: 1000)
    change(&evidence)
    return evidence
  }

  private func sentences(_ change: (inout LikelyCauses.Evidence) -> Void) -> [String] {
    LikelyCauses.sentences(evidence(change))
  }

  @Test("A run without suspicion has no causes")
  func silent() {
    #expect(sentences { $0.received = 0 } == [])
    #expect(
      sentences {
        $0.zeroCopied = ByteBounds(atLeast: 0, atMost: 950_000)
        $0.misplacedBytes = 50_000
        $0.kernelCopied = 50_000
        $0.exhaustions = 3
      } == [])
    #expect(sentences { $0.zeroCopied = ByteBounds(exactly: 1_000_000) } == [])
  }

  @Test("Suspicion begins where a tenth was certainly copied")
  func threshold() {
    func causes(_ copied: UInt64) -> [String] {
      sentences {
        $0.zeroCopied = ByteBounds(atLeast: 0, atMost: 1_000_000 - copied)
        $0.misplacedBytes = copied
      }
    }
    #expect(causes(99_999) == [])
    #expect(causes(100_000).count == 1)
  }

  @Test("Wrong queue: named with the queue the bytes came in on, and how to steer them")
  func wrongQueue() throws {
    let causes = sentences {
      $0.misplacedBytes = 900_000
      $0.misplacedQueues = [3, 0, 3]
    }
    try #require(causes.count == 1)
    #expect(causes[0].hasPrefix("wrong queue: up to 900000 bytes came in on queue 0, 3 and not on eth0 queue 1"))
    #expect(causes[0].contains("ethtool -N eth0"))
    #expect(causes[0].hasSuffix("action 1"))
    #expect(sentences { $0.misplacedBytes = 900_000 }.first?.contains("could not be found out") == true)
  }

  @Test(
    "Header split: the kernel copied what came in on the right queue",
    arguments: [
      (false, "split is off"), (true, "the hardware did not apply it"), (nil, "may not be active"),
    ] as [(Bool?, String)])
  func headerSplit(setting: Bool?, words: String) throws {
    let causes = sentences {
      $0.kernelCopied = 800_000
      $0.headerSplit = setting
    }
    try #require(causes.count == 1)
    #expect(causes[0].hasPrefix("header split"))
    #expect(causes[0].contains(words))
    #expect(causes[0].contains("ethtool -G eth0 tcp-data-split on"))
    // What came in elsewhere explains the kernel's copies by itself.
    let elsewhere = sentences {
      $0.kernelCopied = 800_000
      $0.misplacedBytes = 800_000
    }
    try #require(elsewhere.count == 1)
    #expect(elsewhere[0].hasPrefix("wrong queue"))
  }

  @Test("Area exhausted: as often as buffers were missing")
  func exhausted() throws {
    let causes = sentences { $0.exhaustions = 12 }
    try #require(causes.count == 1)
    #expect(causes[0].hasPrefix("area exhausted"))
    #expect(causes[0].contains("12 times"))
    #expect(causes[0].contains("--area-size"))
  }

  @Test("Payload in the linear area: many short completions, even where nothing was certainly copied")
  func linear() {
    func causes(_ short: UInt64, proven: UInt64 = 0) -> [String] {
      sentences {
        $0.zeroCopied = ByteBounds(atLeast: proven, atMost: 1_000_000)
        $0.shortCompletions = short
      }
    }
    #expect(causes(249) == [])
    #expect(causes(250).count == 1)
    #expect(causes(250).first?.hasPrefix("payload in the linear area: 250 of 1000") == true)
    #expect(causes(250).first?.contains("hds-thresh 0") == true)
    #expect(causes(250, proven: 600_000) == [], "short messages that were not copied are nothing to complain about")
  }

  @Test("Ordinary memory: what recv() took where nothing else explains it")
  func drained() throws {
    let causes = sentences { $0.drained = 700_000 }
    try #require(causes.count == 1)
    #expect(causes[0].hasPrefix("700000 bytes lay in ordinary memory"))
    #expect(sentences { ($0.drained, $0.exhaustions) = (700_000, 1) }.count == 1)
  }

  @Test("The cause of most bytes comes first")
  func order() {
    func first(misplaced: UInt64, copied: UInt64, drained: UInt64) -> [String] {
      sentences {
        $0.misplacedBytes = misplaced
        $0.kernelCopied = copied
        ($0.drained, $0.exhaustions) = (drained, 2)
        $0.shortCompletions = 1000
      }.map { String($0.prefix { $0 != ":" }) }
    }
    let (queue, split, area, linear) = (
      "wrong queue", "header split", "area exhausted", "payload in the linear area"
    )
    #expect(first(misplaced: 300_000, copied: 500_000, drained: 100) == [queue, split, area, linear])
    #expect(first(misplaced: 100_000, copied: 500_000, drained: 100) == [split, queue, area, linear])
    #expect(first(misplaced: 100_000, copied: 500_000, drained: 450_000) == [area, split, queue, linear])
  }
}
