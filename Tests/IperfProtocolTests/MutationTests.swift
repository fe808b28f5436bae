import BoundedJSON
import IperfProtocol
import Testing

/// Every mutant must be refused or understood, never trap; what is understood must lie within the limits, and must mean
/// the same after another journey over the wire.
@Suite("Mutants of recorded messages")
struct MutationTests {
  private static let mutants = 20_000

  private struct Tally {
    var accepted = 0
    var refused = 0
  }

  private func forEachMutant(of message: [UInt8], seed: UInt64, _ body: ([UInt8]) throws -> Bool) rethrows -> Tally {
    var mutator = Mutator(seed: seed)
    var tally = Tally()
    for _ in 0..<Self.mutants {
      if try body(mutator.mutant(of: message)) { tally.accepted += 1 } else { tally.refused += 1 }
    }
    return tally
  }

  /// Both outcomes must be common, or the mutants test nothing.
  private func expectBothOutcomes(_ tally: Tally) {
    #expect(tally.accepted > Self.mutants / 50)
    #expect(tally.refused > Self.mutants / 50)
  }

  @Test(
    "parameters",
    arguments: [RecordedMessages.parameters, RecordedMessages.fullParameters, RecordedMessages.blockParameters])
  func parameters(text: String) throws {
    let tally = try forEachMutant(of: Array(text.utf8), seed: 0x5EED) { mutant in
      guard let parameters = try? TestParameters(payload: mutant) else { return false }
      let again = try TestParameters(payload: parameters.json.serialized())
      if !isWithinLimits(parameters) || again != parameters {
        Issue.record("\(String(decoding: mutant, as: UTF8.self)) became \(parameters)")
      }
      return true
    }
    expectBothOutcomes(tally)
  }

  @Test("results", arguments: [RecordedMessages.clientResults, RecordedMessages.serverResults])
  func results(text: String) throws {
    let tally = try forEachMutant(of: Array(text.utf8), seed: 0xFEED) { mutant in
      guard let results = try? TestResults(payload: mutant, limits: .clientResults) else { return false }
      let again = try TestResults(payload: results.json.serialized(), limits: .clientResults)
      if !isWithinLimits(results) || again != results {
        Issue.record("\(String(decoding: mutant, as: UTF8.self)) became \(results)")
      }
      return true
    }
    expectBothOutcomes(tally)
  }

  @Test("frames")
  func frames() throws {
    let payload = Array(RecordedMessages.parameters.utf8)
    let frame = [0, 0, 0, UInt8(payload.count)] + payload
    let tally = forEachMutant(of: frame, seed: 0xF00D) { mutant in
      var buffer = mutant[...]
      guard let taken = try? MessageFrame.takePayload(from: &buffer, limit: MessageLimits.parameters) else {
        if Array(buffer) != mutant { Issue.record("\(mutant) was changed though no frame was taken") }
        return false
      }
      if !(1...MessageLimits.parameters).contains(taken.count) || mutant.prefix(4) + taken + buffer != mutant {
        Issue.record("\(mutant) lost bytes")
      }
      return true
    }
    expectBothOutcomes(tally)
  }

  private func isWithinLimits(_ parameters: TestParameters) -> Bool {
    ParameterLimits.parallel ~= parameters.parallel && ParameterLimits.length ~= parameters.length
      && ParameterLimits.time ~= parameters.time && ParameterLimits.omit ~= parameters.omit
      && (parameters.window.map { 1...ParameterLimits.window.upperBound ~= $0 } ?? true)
      && (parameters.maximumSegmentSize.map { 1...ParameterLimits.maximumSegmentSize.upperBound ~= $0 } ?? true)
      && (parameters.burst.map { ParameterLimits.burst ~= $0 } ?? true)
      && (parameters.congestion.map { ParameterLimits.congestionNameLength ~= $0.utf8.count } ?? true)
  }

  private func isWithinLimits(_ results: TestResults) -> Bool {
    results.streams.count <= MessageLimits.streams && Set(results.streams.map(\.id)).count == results.streams.count
      && results.streams.allSatisfy { 1...129 ~= $0.id && ($0.duration ?? 0) >= 0 && ($0.startTime ?? 0) >= 0 }
  }
}
