import BoundedJSON
import Testing

private func refusal(of text: String, limits: JSONLimits) -> JSONError? {
  refusal(of: Array(text.utf8), limits: limits)
}

/// The offset at which a hostile document is refused is the work it caused: the parser reads each byte before it once.
@Suite("JSON limits")
struct JSONLimitsTests {
  private let small = JSONLimits(maximumBytes: 2 << 20, maximumDepth: 3, maximumMembers: 4, maximumValues: 10)
  private static let oneMebibyte = 1 << 20

  @Test("a document of just the permitted bytes passes and one more is refused")
  func bytes() {
    let limits = JSONLimits(maximumBytes: 8, maximumDepth: 1, maximumMembers: 1, maximumValues: 1)
    #expect(refusal(of: "\"123456\"", limits: limits) == nil)
    #expect(refusal(of: "\"1234567\"", limits: limits) == JSONError(.tooManyBytes(limit: 8), at: 8))
  }

  @Test("nesting passes to the limit and not beyond, arrays and objects alike")
  func depth() {
    #expect(refusal(of: "[[[1]]]", limits: small) == nil)
    #expect(refusal(of: "[[[[1]]]]", limits: small) == JSONError(.tooDeep(limit: 3), at: 3))
    #expect(refusal(of: #"{"a":{"a":{"a":1}}}"#, limits: small) == nil)
    #expect(refusal(of: #"{"a":[{"a":[]}]}"#, limits: small) == JSONError(.tooDeep(limit: 3), at: 11))
  }

  @Test("members pass to the limit and not beyond")
  func members() {
    #expect(refusal(of: #"{"a":1,"b":1,"c":1,"d":1}"#, limits: small) == nil)
    #expect(
      refusal(of: #"{"a":1,"b":1,"c":1,"d":1,"e":1}"#, limits: small) == JSONError(.tooManyMembers(limit: 4), at: 25))
  }

  @Test("values pass to the limit and not beyond, the enclosing array counted")
  func values() {
    #expect(refusal(of: "[1,2,3,4,5,6,7,8,9]", limits: small) == nil)
    #expect(refusal(of: "[1,2,3,4,5,6,7,8,9,0]", limits: small) == JSONError(.tooManyValues(limit: 10), at: 19))
  }

  @Test("a mebibyte of opening brackets is refused at the depth limit", arguments: ["[", "{\"a\":"])
  func depthBomb(opening: String) {
    let bomb = String(repeating: opening, count: Self.oneMebibyte / opening.utf8.count)
    #expect(refusal(of: bomb, limits: small) == JSONError(.tooDeep(limit: 3), at: 3 * opening.utf8.count))
  }

  @Test("no caller can allow more than the deepest nesting")
  func deepestNesting() throws {
    let limits = JSONLimits(maximumBytes: 1 << 20, maximumDepth: .max, maximumMembers: 1, maximumValues: .max)
    #expect(limits.maximumDepth == JSONLimits.deepestNesting)
    let count = JSONLimits.deepestNesting
    let deep = String(repeating: "[", count: count) + String(repeating: "]", count: count)
    let value = try JSONParser.parse(Array(deep.utf8), limits: limits)
    #expect(value.text() == deep)
    #expect(refusal(of: "[\(deep)]", limits: limits) == JSONError(.tooDeep(limit: count), at: count))
  }

  @Test("a mebibyte of different keys is refused at the member limit, however high the value limit")
  func manyKeys() {
    let limits = JSONLimits(maximumBytes: 2 << 20, maximumDepth: 3, maximumMembers: 256, maximumValues: .max)
    let members = (0..<Self.oneMebibyte / 12).map { "\"k\(1_000_000 + $0)\":1" }
    let bomb = "{" + members.joined(separator: ",") + "}"
    #expect(bomb.utf8.count > 1_000_000)
    #expect(refusal(of: bomb, limits: limits) == JSONError(.tooManyMembers(limit: 256), at: 1 + 256 * 13))
  }

  @Test("a mebibyte of one repeated key is refused at its second appearance")
  func manyDuplicates() {
    let bomb = "{" + String(repeating: "\"a\":1,", count: Self.oneMebibyte / 6) + "\"b\":1}"
    #expect(refusal(of: bomb, limits: small) == JSONError(.duplicateKey("a"), at: 7))
  }

  @Test("a mebibyte of small values is refused at the value limit")
  func manyValues() {
    let bomb = "[" + String(repeating: "[],", count: Self.oneMebibyte / 3) + "[]]"
    #expect(refusal(of: bomb, limits: small) == JSONError(.tooManyValues(limit: 10), at: 28))
  }

  @Test("negative limits refuse everything instead of trapping")
  func negativeLimits() {
    let limits = JSONLimits(maximumBytes: -1, maximumDepth: -1, maximumMembers: -1, maximumValues: -1)
    #expect(refusal(of: "", limits: limits) == JSONError(.tooManyBytes(limit: -1), at: 0))
    #expect(limits.maximumDepth == 0)
  }
}
