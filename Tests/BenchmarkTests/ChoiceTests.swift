import Linux
import Testing

@testable import Benchmark

@Suite("CPUs and modes")
struct ChoiceTests {
  @Test("Workers take the CPUs of -A in their order, else the allowed ones, eight at most")
  func placement() throws {
    #expect(try CPUPlacement(workers: nil, affinity: [], allowed: [0, 2]).cpus == [0, 2])
    #expect(try CPUPlacement(workers: nil, affinity: [], allowed: Array(0..<20)).cpus == Array(0..<8))
    #expect(try CPUPlacement(workers: 12, affinity: [], allowed: Array(0..<20)).cpus == Array(0..<12))
    #expect(try CPUPlacement(workers: nil, affinity: [9, 3], allowed: Array(0..<20)).cpus == [9, 3])
    #expect(try CPUPlacement(workers: 1, affinity: [9, 3], allowed: Array(0..<20)).cpus == [9])
  }

  @Test("A CPU that may not be used is a usage error that names it and those that may")
  func forbiddenCPU() {
    let error = #expect(throws: BenchmarkError.self) {
      try CPUPlacement(workers: nil, affinity: [1, 5], allowed: [0, 1, 2, 3, 8])
    }
    #expect(error?.exitStatus == .usage)
    #expect(error?.description.contains("CPU 5 (-A)") == true)
    #expect(error?.description.hasSuffix("allowed are 0-3,8") == true)
  }

  @Test("More workers than CPUs, or none, is a usage error", arguments: [3, 0, -1])
  func impossibleCount(workers: Int) {
    let error = #expect(throws: BenchmarkError.self) {
      try CPUPlacement(workers: workers, affinity: [], allowed: [0, 1])
    }
    #expect(error?.exitStatus == .usage)
    #expect(error?.description.contains("\(workers)") == true)
  }

  @Test("Ranges are written as one types them")
  func ranges() {
    #expect(CPUPlacement.ranges([]) == "")
    #expect(CPUPlacement.ranges([4]) == "4")
    #expect(CPUPlacement.ranges([8, 1, 0, 3]) == "0-1,3,8")
  }

  @Test("Auto picks epoll and says why; a mode asked for is taken without a word")
  func modes() {
    let auto = ModeChoice(requested: nil, zeroCopyRefusal: nil)
    #expect((auto.requested, auto.mode) == ("auto", .epoll))
    #expect(auto.reason?.contains("-i") == true)
    for mode in ReceiveMode.allCases {
      let choice = ModeChoice(requested: mode, zeroCopyRefusal: nil)
      #expect((choice.requested, choice.mode, choice.reason) == (mode.rawValue, mode, nil))
    }
  }

  @Test("With an interface auto is zero-copy receive, and says why")
  func zeroCopy() {
    let auto = ModeChoice(requested: nil, interface: "eth0")
    #expect((auto.requested, auto.mode) == ("auto", .zc))
    #expect(auto.reason?.contains("eth0") == true)
    let named = ModeChoice(requested: .zc, interface: "eth0")
    #expect((named.requested, named.mode, named.reason) == ("zc", .zc, nil))
  }

  @Test("A refusal of zero-copy is passed on with the mode used instead, whatever was asked for")
  func refusedZeroCopy() throws {
    // The loopback interface has no queue that can be bound, on any kernel.
    let placement = try CPUPlacement(workers: nil, affinity: [], allowed: try allowedCPUs())
    let start = try ZeroCopyStart.start(ZeroCopyWish(interface: "lo", queues: "0"), placement)
    guard case .failure(let refusal) = start else {
      Issue.record("a queue of lo was bound")
      return
    }
    #expect(!refusal.sentence.isEmpty)
    for (mode, used) in [(nil, "epoll"), (.discard, "discard")] as [(ReceiveMode?, String)] {
      let choice = ModeChoice(requested: mode, interface: "lo", zeroCopyRefusal: refusal.sentence)
      #expect(choice.mode.rawValue == used)
      #expect(choice.reason?.hasPrefix(refusal.sentence) == true)
      #expect(choice.reason?.hasSuffix("receiving with \(used) instead") == true)
    }
  }

  @Test("An interface or a queue that does not exist is a wrong command line, not a reason to fall back")
  func wrongInterface() throws {
    for (interface, queues, word) in [("no-such-nic", nil, "no-such-nic"), ("lo", "7", "queue 7"), ("lo", "x", "x")] {
      let error = #expect(throws: BenchmarkError.self) {
        try ZeroCopyStart.check(interface: interface, queues: queues)
      }
      #expect(error?.exitStatus == .usage)
      #expect(error?.description.contains(word) == true)
    }
    try ZeroCopyStart.check(interface: "lo", queues: nil)
  }

  @Test("What a mode does is said wherever bytes are not received into user memory")
  func explanations() {
    #expect(ReceiveMode.discard.explanation.contains("not received into user memory"))
    #expect(!ReceiveMode.epoll.explanation.contains("not received"))
  }
}
