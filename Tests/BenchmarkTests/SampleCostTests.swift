import CAllocationCounter
import CCallCounter
import Linux
import Report
import Testing

@testable import Benchmark

/// What an interval's sample costs, in system calls: it must not grow with what a report holds at its end.
@Suite("Cost of a sample", .enabled(if: metering_calls_are_counted(), "a sanitizer is built in"))
struct SampleCostTests {
  /// System calls of this thread in `body`.
  private func calls(_ body: () throws -> Void) rethrows -> UInt64 {
    let before = metering_calls_of_this_thread()
    try body()
    return metering_calls_of_this_thread() - before
  }

  @Test("A receiver's sample makes no system call, however many streams there are")
  func receiver() throws {
    let test = ReceiveTest(
      kind: .raw, peer: Endpoint(host: "", port: 0), local: Endpoint(host: "", port: 0), cookie: nil,
      settings: RunSettings(), configuration: try .oneWorker(), environment: .unknown, pattern: nil,
      changed: try EventDescriptor())
    let pairs = [try LoopbackPair(), try LoopbackPair(), try LoopbackPair()]
    for (index, pair) in pairs.enumerated() { try test.admit(pair.far, id: index, identified: IdentifiedBytes()) }
    let start = MonotonicTime.now()
    let beginning = calls { test.startClock(at: start) }
    var intervals: [IntervalReport] = []
    let made = calls {
      for second in 1...50 {
        intervals += [test.takeDueSample(at: start.adding(seconds: Double(second)))].compactMap { $0 }
      }
    }
    #expect(intervals.count == 50)
    #expect(made == 0)
    // The negative control: what is read at the beginning is seen by the counter.
    #expect(beginning > 0)
    _ = test.finish(at: start.adding(seconds: 50), outcome: .completed)
  }

  @Test("A sender's sample asks each connection four things and nothing else")
  func sender() throws {
    var configuration = ClientConfiguration(host: "127.0.0.1", toolVersion: "0")
    // So slow that no thread of it gets in the way.
    configuration.bitsPerSecond = 8
    configuration.end = .seconds(0)
    let pairs = [try LoopbackPair(), try LoopbackPair()]
    let nowhere = Endpoint(host: "", port: 0)
    let test = try SendTest(
      configuration, choice: SendChoice(named: .write), environment: .unknown,
      sockets: pairs.enumerated().map { (id: $0.offset, socket: $0.element.near) },
      endpoints: (nowhere, nowhere, ""), changed: try EventDescriptor())
    let start = test.sampler.start
    let made = calls {
      for second in 1...50 { _ = test.takeDueSample(at: start.adding(seconds: Double(second))) }
    }
    #expect(made == 50 * 2 * 4)
  }
}
