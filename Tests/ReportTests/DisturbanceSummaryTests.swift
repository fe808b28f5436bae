import BoundedJSON
import Testing

@testable import Report

@Suite("What disturbed a run, from its reports")
struct DisturbanceSummaryTests {
  private static func report(
    _ role: RunReport.Role, _ seen: [Disturbance], outcome: String = "completed"
  ) -> JSONValue {
    var disturbances = DisturbanceReport()
    disturbances.seen = seen
    return .object([
      "role": .string(role.rawValue),
      "outcome": .object(["status": .string(outcome), "reason": .string("it was cut")]),
      "disturbances": disturbances.json(),
    ])
  }

  @Test("Both sides' disturbances are named once, with their side")
  func bothSides() {
    let steal = Disturbance(.steal, side: .server, "CPU 1 lost 9 % of its time")
    let load = Disturbance(.load, side: .client, "others used 40 % of CPU 0")
    // The client's report has taken over what the server said.
    let run = ComparedRun(
      mode: "zc", receiver: Self.report(.server, [steal]), sender: Self.report(.client, [load, steal]))
    #expect(
      run.disturbed
        == "server: steal: CPU 1 lost 9 % of its time; client: load: others used 40 % of CPU 0")
    #expect(run.mode == "zc" && run.failure == nil)
  }

  @Test("That the sender was the limit is said once, though both sides conclude it")
  func sender() {
    let server = Disturbance(.sender, side: .server, "a CPU of the sender was full: 99 %")
    let client = Disturbance(.sender, side: .client, "a CPU of the sender was full: 98 %")
    let run = ComparedRun(mode: nil, receiver: Self.report(.server, [server]), sender: Self.report(.client, [client]))
    #expect(run.disturbed == "server: sender: a CPU of the sender was full: 99 %")
  }

  @Test("A quiet run, and one whose reports do not tell, are not disturbed")
  func quiet() {
    #expect(
      ComparedRun(mode: nil, receiver: Self.report(.server, []), sender: Self.report(.client, [])).disturbed == nil)
    let silent = JSONValue.object(["role": .string("server")])
    #expect(ComparedRun(mode: nil, receiver: silent, sender: nil).disturbed == nil)
    #expect(ComparedRun(mode: nil, receiver: nil, sender: nil).failure == "there is no report of it")
  }

  @Test("Why a run did not complete is the sender's reason before the receiver's")
  func failure() {
    let cut = Self.report(.server, [], outcome: "partial")
    #expect(ComparedRun(mode: nil, receiver: cut, sender: Self.report(.client, [])).failure == "it was cut")
    #expect(ComparedRun(mode: nil, receiver: nil, sender: cut).failure == "it was cut")
  }

  @Test("What a peer sends is bounded, and entries that are none are left alone")
  func hostile() throws {
    let long = String(repeating: "x", count: 9999)
    let many = (0..<1000).map { Disturbance(.load, side: .server, "entry \($0) \(long)") }
    let run = ComparedRun(mode: nil, receiver: Self.report(.server, many), sender: nil)
    let text = try #require(run.disturbed)
    #expect(text.count < 4000 && text.hasSuffix("; and 56 more"))
    let odd = JSONValue.object([
      "role": .string("server"),
      "disturbances": .object([
        "seen": .array([
          .null, .string("steal"), .object(["kind": .string("moon")]),
          .object(["kind": .string("moon"), "sentence": .string("it was full\u{1B}[2J\n")]),
        ])
      ]),
    ])
    let disturbed = try #require(ComparedRun(mode: nil, receiver: odd, sender: nil).disturbed)
    #expect(disturbed.hasPrefix("server: moon: it was full") && !disturbed.contains("\u{1B}"))
    for wrong: JSONValue in [.array([]), .string("no"), .null, .object(["disturbances": .string("many")])] {
      #expect(ComparedRun(mode: nil, receiver: wrong, sender: wrong).disturbed == nil)
    }
  }
}
