import Testing

@testable import Benchmark

@Suite("What a completion is about")
struct ZeroCopyCompletionTagTests {
  @Test("A tag comes back as what it was")
  func roundTrip() {
    for value in [0, 1, 15, 16, 65_535, 1 << 20] {
      for tag in [.flow(value), .read(UInt32(value)), .readable(value)] as [CompletionTag] {
        #expect(CompletionTag(tag.userData) == tag)
      }
    }
    for tag in [.read(.max), .mail, .cancellation, .event] as [CompletionTag] {
      #expect(CompletionTag(tag.userData) == tag)
    }
  }

  @Test("Only a flow's user data is small enough for the hot loop's table")
  func flowsAreApart() {
    #expect(CompletionTag.flow(12).userData == 12)
    for tag in [.read(0), .mail, .cancellation, .readable(0), .event] as [CompletionTag] {
      #expect(tag.userData >= 1 << 32)
    }
  }
}
