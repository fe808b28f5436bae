import NetworkInterface
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

  /// A stream of `bytes` to port 5201 that came in elsewhere.
  private func misplaced(
    _ bytes: UInt64, on origin: ReceiveOrigin = .queue(0), isIPv6: Bool = false, hasRule: Bool = false,
    hasExtensionHeaders: Bool = false
  ) -> LikelyCauses.MisplacedStream {
    LikelyCauses.MisplacedStream(
      bytes: bytes, origin: origin, flow: TCPFlow(isIPv6: isIPv6, destinationPort: 5201), hasRule: hasRule,
      hasExtensionHeaders: hasExtensionHeaders)
  }

  @Test("A run without suspicion has no causes")
  func silent() {
    #expect(sentences { $0.received = 0 } == [])
    #expect(
      sentences {
        $0.zeroCopied = ByteBounds(atLeast: 0, atMost: 950_000)
        $0.misplaced = [misplaced(50_000)]
        $0.kernelCopied = 50_000
        $0.exhaustions = 3
        $0.bytesBeforeRules = 50_000
        $0.otherQueueBytes = 1_000_000
      } == [])
    #expect(sentences { $0.zeroCopied = ByteBounds(exactly: 1_000_000) } == [])
  }

  @Test("Suspicion begins where a tenth was certainly copied, or came in elsewhere although no count says so")
  func threshold() {
    func causes(_ copied: UInt64, atMost: UInt64) -> [String] {
      sentences {
        $0.zeroCopied = ByteBounds(atLeast: 0, atMost: atMost)
        $0.misplaced = [misplaced(copied)]
      }
    }
    #expect(causes(99_999, atMost: 1_000_000 - 99_999) == [])
    #expect(causes(100_000, atMost: 1_000_000 - 100_000).count == 1)
    #expect(causes(99_999, atMost: 1_000_000) == [])
    #expect(causes(100_000, atMost: 1_000_000).count == 1, "linear bytes are in no count")
  }

  @Test("Wrong queue: named with the queue the bytes came in on, and how to steer them")
  func wrongQueue() throws {
    let causes = sentences { $0.misplaced = [misplaced(300_000, on: .queue(3)), misplaced(600_000)] }
    try #require(causes.count == 1)
    #expect(
      causes[0] == "wrong queue: up to 900000 bytes came in on queue 0, 3 and not on eth0 queue 1; steer them: "
        + "ethtool -N eth0 flow-type tcp4 dst-port 5201 action 1")
    let unknown = sentences { $0.misplaced = [misplaced(900_000, on: .unknown)] }
    #expect(unknown.first?.contains("could not be found out") == true)
  }

  @Test("Advice has the streams' own family and port")
  func advice() throws {
    let both = sentences { $0.misplaced = [misplaced(300_000, isIPv6: true), misplaced(300_000), misplaced(9)] }
    try #require(both.count == 1)
    #expect(
      both[0].hasSuffix(
        "ethtool -N eth0 flow-type tcp6 dst-port 5201 action 1; ethtool -N eth0 flow-type tcp4 dst-port 5201 action 1"))
    let ipv6 = sentences { $0.misplaced = [misplaced(300_000, isIPv6: true)] }
    #expect(ipv6.first?.contains("tcp6") == true && ipv6.first?.contains("tcp4") == false)
  }

  @Test("Where the rules are ours no rule is advised", arguments: [SteeringMethod.flow, .port], [true, false])
  func ownRules(method: SteeringMethod, hasRule: Bool) throws {
    let causes = sentences {
      $0.steering = method
      $0.misplaced = [misplaced(900_000, isIPv6: true, hasRule: hasRule)]
    }
    try #require(causes.count == 1)
    #expect(causes[0].hasPrefix("wrong queue"))
    #expect(!causes[0].contains("ethtool -N"))
    #expect(causes[0].contains(hasRule ? "did not apply it" : "no flow rule was made"))
    #expect(!causes[0].contains("extension headers"))
  }

  @Test("IPv6 extension headers are named where the packets have them and a rule did not match, and not otherwise")
  func extensionHeaders() throws {
    func causes(hasRule: Bool) -> [String] {
      sentences {
        $0.steering = hasRule ? .flow : .none
        $0.misplaced = [misplaced(900_000, isIPv6: true, hasRule: hasRule, hasExtensionHeaders: true)]
      }
    }
    #expect(causes(hasRule: true).map { $0.hasPrefix("IPv6 extension headers: up to 900000 bytes") } == [true])
    #expect(causes(hasRule: false).map { $0.hasPrefix("wrong queue") } == [true])
  }

  @Test("What did not come through the interface is no matter of its queues")
  func otherWays() throws {
    let local = sentences { $0.misplaced = [misplaced(900_000, on: .sameHost)] }
    #expect(
      local == ["same host: 900000 bytes came from this host itself, over lo; no packet of them goes through eth0"])
    let other = sentences { $0.misplaced = [misplaced(900_000, on: .interface("eth1"))] }
    try #require(other.count == 1)
    #expect(other[0].hasPrefix("other interface: up to 900000 bytes came in on eth1 and not on eth0"))
    #expect(!(local + other).contains { $0.contains("queue") || $0.contains("ethtool") })
  }

  @Test("What the driver did not count on other queues did not come in there")
  func countedElsewhere() {
    func causes(counted: UInt64?) -> [String] {
      sentences {
        $0.zeroCopied = ByteBounds(atLeast: 0, atMost: 1_000_000)
        $0.misplaced = [misplaced(1_000_000)]
        $0.otherQueueBytes = counted
      }
    }
    #expect(causes(counted: 66) == [], "only its last packet was there")
    #expect(causes(counted: nil).count == 1)
    #expect(causes(counted: 200_000).map { $0.hasPrefix("wrong queue: up to 200000 bytes") } == [true])
  }

  @Test(
    "Header split: the kernel copied what came in on the right queue",
    arguments: [
      (false, "split is off: ethtool -G eth0 tcp-data-split on"), (true, "on, but the hardware did not apply it"),
      (nil, "may not be active: ethtool -G eth0 tcp-data-split on"),
    ] as [(Bool?, String)])
  func headerSplit(setting: Bool?, words: String) throws {
    func causes(_ change: (inout LikelyCauses.Evidence) -> Void) -> [String] {
      sentences {
        $0.kernelCopied = 800_000
        $0.headerSplit = setting
        $0.otherQueueBytes = 3000
        change(&$0)
      }
    }
    let alone = causes { _ in }
    try #require(alone.count == 1)
    #expect(
      alone[0].hasPrefix("header split: 797000 bytes were in ordinary memory although they came in on the right queue;")
    )
    #expect(alone[0].contains(words))
    #expect(alone[0].contains("ethtool") == (setting != true), "what is on is not to be switched on")
    // What came in elsewhere explains the kernel's copies by itself.
    let elsewhere = causes { ($0.misplaced, $0.otherQueueBytes) = ([misplaced(800_000)], 820_000) }
    #expect(elsewhere.map { $0.hasPrefix("wrong queue") } == [true])
    let early = causes { $0.bytesBeforeRules = 790_000 }
    #expect(early.map { $0.hasPrefix("before the rule: up to 790000 bytes") } == [true])
    let earlier = causes { $0.otherQueueBytes = 850_000 }
    #expect(earlier.map { $0.hasPrefix("wrong queue: up to 800000 bytes came in on other queues") } == [true])
    let untold = causes { $0.otherQueueBytes = nil }
    #expect(untold.map { $0.contains("does not tell what came in on others") } == [true])
  }

  @Test("Before the rule: also where the kernel does not count copies, and not where it counted none")
  func beforeTheRule() {
    func causes(kernelCopied: UInt64?, atMost: UInt64) -> [String] {
      sentences {
        $0.zeroCopied = ByteBounds(atLeast: 0, atMost: atMost)
        ($0.kernelCopied, $0.bytesBeforeRules) = (kernelCopied, 200_000)
      }.map { String($0.prefix { $0 != ":" }) }
    }
    #expect(causes(kernelCopied: nil, atMost: 1_000_000) == ["before the rule"])
    #expect(causes(kernelCopied: 0, atMost: 1_000_000) == [])
    #expect(causes(kernelCopied: 200_000, atMost: 800_000) == ["before the rule"])
  }

  @Test("Area exhausted: as often as buffers were missing")
  func exhausted() throws {
    let causes = sentences { $0.exhaustions = 12 }
    try #require(causes.count == 1)
    #expect(causes[0].hasPrefix("area exhausted"))
    #expect(causes[0].contains("12 times"))
    #expect(causes[0].contains("--area-size"))
  }

  @Test("Payload in the linear area: segments that fit in a buffer took several completions, many of them short")
  func linear() {
    func causes(
      _ short: UInt64, proven: UInt64 = 0, segments: UInt64 = 500, bytes: UInt64 = 700_000, buffer: UInt64 = 4096
    ) -> [String] {
      sentences {
        $0.zeroCopied = ByteBounds(atLeast: proven, atMost: 1_000_000)
        $0.shortCompletions = short
        $0.segments = (segments, bytes)
        $0.bufferLength = buffer
      }
    }
    #expect(causes(249) == [])
    #expect(causes(250).count == 1)
    #expect(causes(250).first?.hasPrefix("payload in the linear area: 500 segments of 1400 bytes on average") == true)
    #expect(causes(250).first?.contains("hds-thresh") == false, "no queue is bound with a threshold")
    #expect(causes(250, proven: 600_000) == [], "short messages that were not copied are nothing to complain about")
    #expect(causes(1000, segments: 1000, bytes: 1000) == [], "messages of one byte")
    #expect(causes(333, segments: 333, bytes: 333 * 8300) == [], "the ends of segments of three buffers")
    #expect(
      causes(333, segments: 333, bytes: 333 * 4148, buffer: 2048) == [], "of a driver with buffers of half a page")
  }

  @Test("Ordinary memory: what recv() took where nothing else explains it")
  func drained() throws {
    let causes = sentences { $0.drained = 700_000 }
    try #require(causes.count == 1)
    #expect(causes[0].hasPrefix("700000 bytes lay in ordinary memory"))
    #expect(sentences { ($0.drained, $0.exhaustions) = (700_000, 1) }.count == 1)
    let early = sentences { ($0.drained, $0.bytesBeforeRules) = (700_000, 690_000) }
    #expect(early.map { $0.hasPrefix("before the rule") } == [true])
  }

  @Test("The cause of most bytes comes first")
  func order() {
    func first(misplaced: UInt64, copied: UInt64, drained: UInt64) -> [String] {
      sentences {
        $0.misplaced = [self.misplaced(misplaced)]
        $0.kernelCopied = copied
        ($0.drained, $0.exhaustions) = (drained, 2)
        ($0.shortCompletions, $0.segments) = (1000, (500, 700_000))
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
