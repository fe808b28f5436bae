import BoundedJSON
import Report
import Testing

@testable import Benchmark

@Suite struct RoundOrderTests {
  @Test(arguments: 1...7) func everyRoundHasEveryPlaceOnce(count: Int) {
    for round in 1...20 {
      #expect(RoundOrder.places(count, round: round).sorted() == Array(0..<count))
    }
  }

  @Test func everyPlaceIsFirstAndLastEquallyOften() {
    for count in 2...6 {
      let rounds = (1...2 * count).map { RoundOrder.places(count, round: $0) }
      for place in 0..<count {
        #expect(rounds.filter { $0.first == place }.count == 2)
        #expect(rounds.filter { $0.last == place }.count == 2)
      }
    }
  }

  @Test func theFirstRoundIsInTheOrderOfTheTable() {
    #expect(RoundOrder.places(3, round: 1) == [0, 1, 2])
    #expect(RoundOrder.places(3, round: 2) == [2, 1, 0])
    #expect(RoundOrder.places(3, round: 3) == [1, 2, 0])
    #expect(RoundOrder.places(0, round: 1).isEmpty)
  }
}

@Suite struct CampaignPaceTests {
  private let configuration = ClientConfiguration(host: "h", toolVersion: "t")

  @Test func beforeARunTheAskedForTimeCounts() {
    var configuration = configuration
    configuration.end = .seconds(5)
    configuration.omit = 1
    #expect(CampaignPace(runs: 12, configuration).text == "12 runs left, about 1 min 18 s")
    configuration.end = .bytes(1)
    #expect(CampaignPace(runs: 1, configuration).text == "1 run left")
  }

  @Test func thenTheRunsThatWereMade() {
    var pace = CampaignPace(runs: 5, configuration)
    pace.finished(after: 2)
    pace.finished(after: 4)
    #expect(pace.text == "3 runs left, about 9 s")
    pace.drop(2)
    #expect(pace.text == "1 run left, about 3 s")
    pace.finished(after: 3)
    #expect(pace.text == "no run left")
  }

  @Test func durations() {
    #expect(
      [0, 59.1, 120, 7500, 1e300, -1].map(CampaignPace.duration) == [
        "0 s", "1 min", "2 min", "2 h 5 min", "277777 h 46 min", "0 s",
      ])
  }
}

@Suite struct OfferedModesTests {
  private func offer(_ text: String) throws -> OfferedModes? {
    OfferedModes(try JSONParser.parse(Array(text.utf8), limits: .file).object)
  }

  @Test func aServerWithoutModesOffersNothing() throws {
    #expect(OfferedModes(nil) == nil)
    #expect(try offer(#"{"report": {}}"#) == nil)
    #expect(try offer(#"{"modes": 3}"#) == nil)
  }

  @Test func whatItTellsIsTakenAndWhatItDoesNotTellCannotBeHad() throws {
    let offer = try #require(
      try offer(
        #"{"modes": {"epoll": {}, "zc": {"unavailable": "no queue"}, "zc-copy": {"label": "away"}, "new": {}}}"#))
    #expect(offer[.epoll] == OfferedModes.Entry())
    #expect(offer[.zc].unavailable == "no queue")
    #expect(offer[.zcCopy].label == "away")
    #expect(offer[.mmap].unavailable == "the server does not know this mode")
  }

  @Test func wordsOfAPeerAreBounded() throws {
    let long = String(repeating: "x", count: 100_000)
    let offer = try #require(
      try offer(#"{"modes": {"zc": {"unavailable": "\#(long)"}, "epoll": {"label": 7}}, "last_refusal": "\#(long)"}"#))
    #expect(offer[.zc].unavailable?.count == 400)
    #expect(offer[.epoll].label == nil)
    #expect(offer.lastRefusal?.count == 400)
  }
}

@Suite struct SweepWishTests {
  @Test(
    arguments: [
      (SweepSetting.flows, ["1", "128"]), (.length, ["64K", "1M", "1"]), (.bufferLength, ["4K", "16K", "1M"]),
      (.placement, ["same", "other"]), (.mode, ["zc", "epoll"]),
    ])
  func takesWhatTheSettingTakes(setting: SweepSetting, values: [String]) {
    #expect(SweepWish(setting, values: values)?.values == values)
  }

  @Test(
    arguments: [
      (SweepSetting.flows, ["0"]), (.flows, ["129"]), (.flows, ["1", "1"]), (.flows, []), (.flows, [""]),
      (.length, ["0"]), (.length, ["2M"]), (.length, ["x"]),
      (.length, ["64K", "65536"]), (.bufferLength, ["2K"]), (.bufferLength, ["5000"]),
      (.bufferLength, ["2M"]), (.placement, ["0"]), (.mode, ["auto"]),
    ])
  func refusesTheRest(setting: SweepSetting, values: [String]) {
    #expect(SweepWish(setting, values: values) == nil)
  }
}
