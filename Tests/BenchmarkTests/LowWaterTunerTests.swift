import Glibc
import Linux
import Testing

@testable import Benchmark

@Suite("Low-water tuner")
struct LowWaterTunerTests {
  private let zero = MonotonicTime(nanoseconds: 0)

  private func lowWater(_ flow: Flow) -> Int32 {
    var value: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(flow.socket.number, SOL_SOCKET, SO_RCVLOWAT, &value, &size) == 0 ? value : -1
  }

  /// Pretends that `bytes` more have been received.
  private func bring(_ bytes: UInt64, to flow: Flow) {
    flow.counters.pointee.bytes.add(bytes, ordering: .relaxed)
  }

  @Test("A stream is raised at 1 Gb/s, stays so above half of it, and is put back below")
  func raisesAndLowers() throws {
    let pair = try LoopbackPair()
    let flow = Flow(socket: pair.far, id: 1, identified: 0)
    var tuner = LowWaterTuner(length: 80_000, start: zero)
    // 6.25 MB in 50 ms are 1 Gb/s.
    let steps: [(bytes: UInt64, lowWater: Int32)] = [
      (6_249_000, 1), (6_250_000, 10_000), (3_126_000, 10_000), (3_124_000, 1), (6_249_000, 1), (20_000_000, 10_000),
      (0, 1),
    ]
    for (index, step) in steps.enumerated() {
      bring(step.bytes, to: flow)
      try tuner.look(at: [flow], now: zero.adding(seconds: 0.05 * Double(index + 1)))
      #expect(lowWater(flow) == step.lowWater, "step \(index)")
    }
    #expect(tuner.note?.contains("10000 bytes on one stream") == true)
  }

  @Test("It looks only when it is time, and rates count the time that really passed")
  func waitsItsTime() throws {
    let pair = try LoopbackPair()
    let flow = Flow(socket: pair.far, id: 1, identified: 0)
    var tuner = LowWaterTuner(length: 80_000, start: zero)
    bring(7_000_000, to: flow)
    try tuner.look(at: [flow], now: zero.adding(seconds: 0.049))
    #expect(lowWater(flow) == 1)
    // 7 MB in 100 ms are only 0.56 Gb/s.
    try tuner.look(at: [flow], now: zero.adding(seconds: 0.1))
    #expect(lowWater(flow) == 1)
    #expect(tuner.note == nil)
    #expect(tuner.deadline == zero.adding(seconds: 0.15))
  }

  @Test("While nothing comes it looks less and less often, at least once a second, and at once more often with a byte")
  func rests() throws {
    let pair = try LoopbackPair()
    let flow = Flow(socket: pair.far, id: 1, identified: 0)
    var tuner = LowWaterTuner(length: 80_000, start: zero)
    var waits: [Double] = []
    for _ in 0..<7 {
      let now = tuner.deadline
      try tuner.look(at: [flow], now: now)
      waits.append(tuner.deadline.seconds(since: now))
    }
    #expect(waits == [0.1, 0.2, 0.4, 0.8, 1, 1, 1])
    bring(1, to: flow)
    let now = tuner.deadline
    try tuner.look(at: [flow], now: now)
    #expect(tuner.deadline.seconds(since: now) == 0.05)
  }

  @Test("A release puts back what was raised, each stream by itself")
  func releases() throws {
    let pairs = [try LoopbackPair(), try LoopbackPair()]
    let flows = pairs.enumerated().map { Flow(socket: $1.far, id: $0, identified: 0) }
    var tuner = LowWaterTuner(length: 80_000, start: zero)
    bring(10_000_000, to: flows[1])
    try tuner.look(at: flows, now: zero.adding(seconds: 0.05))
    #expect(flows.map(lowWater) == [1, 10_000])
    try tuner.release(flows)
    #expect(flows.map(lowWater) == [1, 1])
    #expect(tuner.note?.contains("on one stream") == true)
  }

  @Test("The rest of a raised stream, less than it waits for, arrives after a release")
  func restArrives() throws {
    let pair = try LoopbackPair()
    let flow = Flow(socket: pair.far, id: 1, identified: 0)
    var tuner = LowWaterTuner(length: 80_000, start: zero)
    bring(10_000_000, to: flow)
    try tuner.look(at: [flow], now: zero.adding(seconds: 0.05))
    _ = try PathRun.epoll.receive(try .fresh(), [flow]) {
      try pair.send([UInt8](repeating: 0, count: 500))
      try eventually("500 bytes are queued") { try flow.socket.queuedBytes() == 500 }
      usleep(20_000)
      #expect(flow.bytes == 10_000_000, "the stream waits for 10 000 bytes")
      try tuner.release([flow])
      try eventually("the rest is received") { flow.bytes == 10_000_500 }
    }
  }
}
