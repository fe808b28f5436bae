import SeededRandomness

/// Makes bad messages out of good ones: one to three small changes each.
struct Mutator {
  private var generator: SplitMix64

  /// What a hostile or broken peer might write in place of something sensible.
  private static let tokens = [
    "18446744073709551615", "18446744073709551616", "-1", "-9223372036854775808", "1e400", "0.5", "128", "129", "null",
    "true", "\"\"", "\"\\ud800\"", "\\u0000", "{}", "[]", "[[[[[[[[[[[[[[[[[[", "{\"a\":", "\"", ",", ":", "}", "]",
    "-",
    "\"tcp\":true,", "\"parallel\":2,", "\"zcrx_bench\":{\"a\":[1]},", "\u{0}", "é",
  ].map { Array($0.utf8) }

  init(seed: UInt64) {
    generator = SplitMix64(seed: seed)
  }

  mutating func mutant(of message: [UInt8]) -> [UInt8] {
    var mutant = message
    for _ in 0..<Int.random(in: 1...3, using: &generator) { change(&mutant) }
    return mutant
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    let place = Int.random(in: 0...bytes.count, using: &generator)
    let stretch = place..<min(bytes.count, place + Int.random(in: 1...24, using: &generator))
    switch Int.random(in: 0..<7, using: &generator) {
    case 0:
      if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator) }
    case 1: bytes.removeSubrange(place...)
    case 2: bytes.insert(contentsOf: bytes[stretch], at: place)
    case 3: bytes.removeSubrange(stretch)
    case 4: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
    case 5:
      if place < bytes.count {
        bytes[place] = UInt8.random(in: UInt8(ascii: "0")...UInt8(ascii: "9"), using: &generator)
      }
    default:
      bytes.insert(contentsOf: Self.tokens[Int.random(in: Self.tokens.indices, using: &generator)], at: place)
    }
  }
}
