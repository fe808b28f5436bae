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
