import Testing

@testable import NetworkInterface

@Suite("Lists of queues")
struct QueueListTests {
  @Test(
    "Numbers and ranges are read in the order they were typed",
    arguments: [
      ("0", [0]), ("7", [7]), ("1,2", [1, 2]), ("1-4", [1, 2, 3, 4]), ("9,0-2,5", [9, 0, 1, 2, 5]), ("3-3", [3]),
      ("007", [7]), ("65534", [65534]), ("2,1", [2, 1]),
    ])
  func accepted(text: String, queues: [Int]) throws {
    #expect(try QueueList.parse(text).queues == queues)
  }

  @Test(
    "Junk is refused, quoting the part that is wrong",
    arguments: [
      (",", ""), ("1,", ""), (",1", ""), ("1,,2", ""), ("-1", "-1"), ("1-", "1-"), ("1-2-3", "1-2-3"), ("-", "-"),
      ("a", "a"), ("1,x,2", "x"), ("1 ", "1 "), (" 1", " 1"), ("+1", "+1"), ("0x1", "0x1"), ("1.5", "1.5"),
      ("١", "١"), ("1\0", "1\0"), ("1;2", "1;2"), ("all", "all"),
    ])
  func junk(text: String, part: String) {
    #expect(throws: QueueListError.malformed(text, part: part)) { try QueueList.parse(text) }
  }

  @Test("An empty list, a reversed range and a queue listed twice are each told")
  func refused() {
    #expect(throws: QueueListError.empty) { try QueueList.parse("") }
    #expect(throws: QueueListError.reversed("4-1")) { try QueueList.parse("4-1") }
    #expect(throws: QueueListError.duplicate(1)) { try QueueList.parse("1,2,1") }
    #expect(throws: QueueListError.duplicate(3)) { try QueueList.parse("1-5,3") }
  }

  @Test("Numbers beyond any queue are refused without counting up to them")
  func huge() {
    #expect(throws: QueueListError.tooHigh("65535")) { try QueueList.parse("65535") }
    #expect(throws: QueueListError.tooHigh("99999999999999999999")) { try QueueList.parse("0-99999999999999999999") }
    #expect(throws: QueueListError.tooMany) { try QueueList.parse("0-65534") }
    #expect(throws: QueueListError.tooMany) { try QueueList.parse("0-1023,2000") }
    #expect(throws: Never.self) { try QueueList.parse("0-1023") }
  }

  @Test("Every refusal is a sentence that does not repeat a long input")
  func sentences() {
    let long = String(repeating: "x", count: 10_000)
    let errors: [QueueListError] = [
      .empty, .malformed(long, part: long), .reversed("4-1"), .tooHigh(String(repeating: "9", count: 10_000)),
      .duplicate(1), .tooMany,
    ]
    for error in errors {
      #expect(!error.description.isEmpty)
      #expect(error.description.count < 250)
    }
  }
}
