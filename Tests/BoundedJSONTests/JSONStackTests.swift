import BoundedJSON
import Glibc
import Testing

/// A thread's stack in bytes, as `JSONLimits.deepestNesting` promises to need no more; a sanitizer's own needs come on top.
private let stackSize = getenv("ZCRX_BENCH_SANITIZER") == nil ? 512 << 10 : 8 << 20

/// Reads, compares, writes and frees the deepest documents; a stack too small for that ends the process.
private func deepestDocumentsReadBack() -> Bool {
  let depth = JSONLimits.deepestNesting
  let limits = JSONLimits(maximumBytes: 1 << 16, maximumDepth: depth, maximumMembers: 1, maximumValues: 2 * depth)
  return [("[", "]"), ("{\"a\":", "}")].allSatisfy { opening, closing in
    let text = String(repeating: opening, count: depth) + "1" + String(repeating: closing, count: depth)
    guard let first = try? JSONParser.parse(Array(text.utf8), limits: limits),
      let second = try? JSONParser.parse(first.serialized(pretty: true), limits: limits)
    else { return false }
    return first == second && first.text() == text
  }
}

@Suite("The stack that JSON needs")
struct JSONStackTests {
  @Test("the deepest nesting fits a thread of 512 KiB")
  func deepestNesting() throws {
    var attributes = pthread_attr_t()
    try #require(pthread_attr_init(&attributes) == 0)
    defer { pthread_attr_destroy(&attributes) }
    try #require(pthread_attr_setstacksize(&attributes, stackSize) == 0)
    var thread = pthread_t()
    // An expectation on a foreign thread belongs to no test: the outcome comes back as the thread's result.
    try #require(
      pthread_create(
        &thread, &attributes, { _ in UnsafeMutableRawPointer(bitPattern: deepestDocumentsReadBack() ? 1 : 2) }, nil)
        == 0)
    var result: UnsafeMutableRawPointer?
    try #require(pthread_join(thread, &result) == 0)
    #expect(result == UnsafeMutableRawPointer(bitPattern: 1))
  }
}
