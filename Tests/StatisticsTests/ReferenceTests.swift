import BoundedJSON
import Glibc
import Statistics
import Testing

/// What SciPy computes from the same values (Fixtures/reference.json, made by Fixtures/make_reference.py).
@Suite("SciPy's values")
struct ReferenceTests {
  private struct Malformed: Error {}

  private static func reference(here: String = #filePath) throws -> JSONObject {
    let path = here.split(separator: "/").dropLast().joined(separator: "/")
    guard let file = fopen("/\(path)/Fixtures/reference.json", "r") else { throw Malformed() }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    guard let object = try JSONParser.parse(bytes.prefix(count), limits: .file).object else { throw Malformed() }
    return object
  }

  private static func numbers(_ value: JSONValue?) throws -> [Double] {
    guard let numbers = value?.array?.map(\.doubleValue) else { throw Malformed() }
    return try numbers.map { number in
      guard let number else { throw Malformed() }
      return number
    }
  }

  private static func number(_ value: JSONValue?) throws -> Double {
    guard let number = value?.doubleValue else { throw Malformed() }
    return number
  }

  @Test("Both rank tests count as SciPy does when it counts every arrangement, ties and zeros included")
  func exact() throws {
    let cases = try Self.reference()["cases"]?.array ?? []
    #expect(cases.count == 7)
    for entry in cases.compactMap(\.object) {
      let first = try Self.numbers(entry["first"])
      let second = try Self.numbers(entry["second"])
      let name = Comment(rawValue: entry["name"]?.string ?? "")
      let rankSum = RankSumTest.probability(first, second)
      #expect(abs(rankSum - (try Self.number(entry["rank_sum"]))) < 1e-9, name)
      let signedRank = SignedRankTest.probability(differences: zip(first, second).map { $1 - $0 })
      #expect(abs(signedRank - (try Self.number(entry["signed_rank"]))) < 1e-9, name)
      #expect(Quantile.median(first) == (try Self.number(entry["median"])), name)
      for (share, expected) in zip([0.025, 0.25, 0.9, 0.975], try Self.numbers(entry["quantiles"])) {
        let found = try #require(Quantile.of(sorted: first.sorted(), share: share))
        #expect(abs(found - expected) < 1e-9, name)
      }
    }
  }

  @Test("Beyond what is counted, both are SciPy's normal approximation")
  func approximate() throws {
    let entry = try #require(try Self.reference()["approximate"]?.object)
    let differences = try Self.numbers(entry["differences"])
    #expect(differences.count > SignedRankTest.exactPairs)
    #expect(
      abs(SignedRankTest.probability(differences: differences) - (try Self.number(entry["signed_rank"]))) < 1e-9)
    let left = try Self.numbers(entry["left"])
    let right = try Self.numbers(entry["right"])
    #expect(left.count + right.count > RankSumTest.exactValues)
    #expect(abs(RankSumTest.probability(left, right) - (try Self.number(entry["rank_sum"]))) < 1e-9)
  }

  @Test("Bootstrap intervals end where SciPy's do, within what 2000 draws can tell")
  func bootstrap() throws {
    let cases = try Self.reference()["bootstraps"]?.array ?? []
    #expect(cases.count == 3)
    for entry in cases.compactMap(\.object) {
      let values = try Self.numbers(entry["values"])
      let interval = try #require(Bootstrap().median(of: values)?.interval)
      // An end is one of the values or the mean of two: a step to the next one is what the draws may cost.
      let sorted = values.sorted()
      let tolerance =
        zip(sorted, sorted.dropFirst()).map { $1 - $0 }.sorted().suffix(max(1, sorted.count / 4)).first ?? 0
      #expect(abs(interval.lower - (try Self.number(entry["lower"]))) <= tolerance)
      #expect(abs(interval.upper - (try Self.number(entry["upper"]))) <= tolerance)
    }
  }
}
