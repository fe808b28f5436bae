import Report
import SeededRandomness
import Testing

@testable import Benchmark

@Suite("Bounds of what was copied")
struct ZeroCopyCopyBracketTests {
  /// A run of which is known what was copied, as the kernel would do it and tell it.
  private struct Model {
    var bracket: CopyBracket
    var zeroCopied: UInt64 = 0

    init(_ knowledge: CopyBracket.Knowledge, using generator: inout SplitMix64) {
      bracket = CopyBracket(knowledge: knowledge)
      for _ in 0..<Int.random(in: 0...40, using: &generator) {
        let size = UInt64.random(in: 1...9000, using: &generator)
        if knowledge == .everythingCopied || knowledge != .nothingCopied && Bool.random(using: &generator) {
          addCopied(min(size, 4096), using: &generator)
        } else {
          bracket.completed += size
          zeroCopied += size
          if size > 4096 || Bool.random(using: &generator) { bracket.proven += size }
        }
      }
      if Bool.random(using: &generator) { bracket.copiedByCall = UInt64.random(in: 0...50_000, using: &generator) }
    }

    /// The kernel counts what it copies out of fragments, of whoever's bytes; linear parts it leaves out.
    private mutating func addCopied(_ size: UInt64, using generator: inout SplitMix64) {
      let isBeside = Int.random(in: 0..<5, using: &generator) == 0
      if isBeside { bracket.beside += size } else { bracket.completed += size }
      let isCounted = bracket.knowledge == .counted && Bool.random(using: &generator)
      if isCounted { bracket.kernelCopied += size }
    }
  }

  @Test(
    "Truth lies within the bounds, and the bounds within what was received",
    arguments: [CopyBracket.Knowledge.everythingCopied, .nothingCopied, .counted, .uncounted(.kernel)])
  func truthIsWithin(knowledge: CopyBracket.Knowledge) {
    var generator = SplitMix64(seed: 4)
    for _ in 0..<2000 {
      let model = Model(knowledge, using: &generator)
      let bracket = model.bracket
      let (zero, copied) = (bracket.zeroCopied, bracket.copied)
      #expect(zero.atLeast <= model.zeroCopied && model.zeroCopied <= zero.atMost, "\(bracket)")
      let truth = bracket.received - model.zeroCopied
      #expect(copied.atLeast <= truth && truth <= copied.atMost, "\(bracket)")
      #expect(zero.atMost + copied.atLeast == bracket.received)
      #expect(zero.atLeast + copied.atMost == bracket.received)
      #expect(bracket.received == bracket.completed + bracket.copiedByCall)
    }
  }

  @Test("Without a device and in a dma-buf the figures are exact, elsewhere the kernel's count narrows them")
  func narrowness() {
    var bracket = CopyBracket(knowledge: .everythingCopied, completed: 100, proven: 60, copiedByCall: 5)
    #expect((bracket.zeroCopied, bracket.copied) == (ByteBounds(exactly: 0), ByteBounds(exactly: 105)))
    bracket.knowledge = .nothingCopied
    #expect((bracket.zeroCopied, bracket.copied) == (ByteBounds(exactly: 100), ByteBounds(exactly: 5)))
    bracket.knowledge = .uncounted(.kernel)
    #expect(bracket.zeroCopied == ByteBounds(atLeast: 60, atMost: 100))
    bracket.kernelCopied = 30
    bracket.knowledge = .counted
    #expect(bracket.zeroCopied == ByteBounds(atLeast: 60, atMost: 70))
    bracket.beside = 10
    #expect(bracket.zeroCopied == ByteBounds(atLeast: 60, atMost: 80), "ten of the copied bytes may be others")
    bracket.kernelCopied = 1000
    #expect(bracket.zeroCopied == ByteBounds(exactly: 60), "what is proven stays proven")
  }

  /// 1000 bytes in completions, 300 of them proven, and a probe that counted `traced`.
  private func traced(_ traced: UInt64?, beside: UInt64 = 0, kernelCopied: UInt64 = 0) -> CopyBracket {
    var bracket = CopyBracket(
      knowledge: .counted, completed: 1000, proven: 300, kernelCopied: kernelCopied, beside: beside, copiedByCall: 37)
    (bracket.traced, bracket.tracedBeside, bracket.traceMethod) = (traced, beside, "fexit")
    return bracket
  }

  @Test("What a probe counted is exact, whatever the completions prove; what recv() took was copied besides")
  func tracedExactly() {
    #expect(traced(0).zeroCopied == ByteBounds(exactly: 1000))
    #expect(traced(0).copied == ByteBounds(exactly: 37))
    #expect(traced(400).zeroCopied == ByteBounds(exactly: 600))
    #expect(traced(400).copied == ByteBounds(exactly: 437))
    #expect(traced(400).method.hasPrefix("exact: what the kernel copied, counted at io_zcrx_copy_chunk (fexit)"))
    #expect(traced(400).zeroCopiedByCompletions == ByteBounds(atLeast: 300, atMost: 1000))
  }

  @Test("What a ring received for others leaves bounds, and none where nothing was copied")
  func tracedBeside() {
    #expect(traced(400, beside: 100).zeroCopied == ByteBounds(atLeast: 600, atMost: 700))
    #expect(traced(50, beside: 100).zeroCopied == ByteBounds(atLeast: 950, atMost: 1000))
    #expect(traced(0, beside: 100).zeroCopied == ByteBounds(exactly: 1000))
    #expect(!traced(400, beside: 100).method.contains("exact"))
  }

  @Test(
    "A count that cannot be is contradicted, by what was received, by the completions, or by the kernel's own count")
  func contradictions() {
    #expect(traced(700).contradiction == nil)
    #expect(traced(400, kernelCopied: 400).contradiction == nil)
    #expect(traced(1001).contradiction?.contains("than were received") == true)
    #expect(traced(701).contradiction?.contains("leave room") == true)
    #expect(traced(400, kernelCopied: 401).contradiction?.contains("kernel's own count") == true)
    #expect(traced(nil).contradiction == nil)
  }

  @Test("Without a count at either end there is none between; without one at all the method says why it is not exact")
  func untraced() {
    #expect((traced(500) - traced(200)).traced == 300)
    #expect((traced(500) - traced(nil)).traced == nil)
    #expect((traced(nil) - traced(500)).traced == nil)
    var bracket = traced(nil)
    bracket.traceProblem = "the probe missed 1 call"
    #expect(bracket.zeroCopied == bracket.zeroCopiedByCompletions)
    #expect(bracket.method.hasSuffix("; not exact: the probe missed 1 call"))
  }

  @Test("A probe that missed a call, or was switched off, is doubted")
  func doubt() {
    func look(_ missed: UInt64, _ problem: String? = nil) -> CopyTracing.Look {
      .init(missed: missed, problem: problem)
    }
    #expect(CopyTracing.doubt(look(3), look(3)) == nil)
    #expect(CopyTracing.doubt(look(3), look(4)) == "the probe missed 1 call")
    #expect(CopyTracing.doubt(look(0, "off"), look(0)) == "off")
    #expect(CopyTracing.doubt(look(0), look(0, "off")) == "off")
  }

  @Test("Each way of knowing names itself, and what recv() took")
  func methods() {
    let methods = [CopyBracket.Knowledge.everythingCopied, .nothingCopied, .counted, .uncounted(.kernel)].map {
      CopyBracket(knowledge: $0).method
    }
    #expect(Set(methods).count == 4)
    #expect(methods.map { $0.hasPrefix("exact") } == [true, true, false, false])
    #expect(methods[3].contains("unknown"))
    #expect(CopyBracket(knowledge: .counted, copiedByCall: 1).account.method.contains("recv()"))
    #expect(!methods[2].contains("recv()"))
  }

  @Test("Where the kernel's count says nothing, the method says why, and blames the kernel for its own part only")
  func reasons() {
    let methods = CopyBracket.Reason.allCases.map { CopyBracket(knowledge: .uncounted($0)).method }
    #expect(Set(methods).count == CopyBracket.Reason.allCases.count)
    #expect(methods.allSatisfy { $0.contains("at most: unknown, ") })
    #expect(methods.filter { $0.contains("does not count") } == [CopyBracket(knowledge: .uncounted(.kernel)).method])
  }

  @Test("The difference of two looks is what lay between")
  func difference() {
    let early = CopyBracket(
      knowledge: .counted, completed: 1, proven: 2, kernelCopied: 3, beside: 4, copiedByCall: 5)
    let late = CopyBracket(
      knowledge: .counted, completed: 11, proven: 22, kernelCopied: 33, beside: 44, copiedByCall: 55)
    #expect(
      late - early
        == CopyBracket(knowledge: .counted, completed: 10, proven: 20, kernelCopied: 30, beside: 40, copiedByCall: 50))
  }

  @Test("Bounds are cut to a size, and the rest has the bounds that are left")
  func clamping() {
    let bounds = ByteBounds(atLeast: 30, atMost: 80)
    #expect(bounds.atMost(100) == bounds)
    #expect(bounds.atMost(50) == ByteBounds(atLeast: 30, atMost: 50))
    #expect(bounds.atMost(10) == ByteBounds(exactly: 10))
    #expect(bounds.remainder(of: 100) == ByteBounds(atLeast: 20, atMost: 70))
    #expect(bounds.remainder(of: 50) == ByteBounds(atLeast: 0, atMost: 20))
  }
}
