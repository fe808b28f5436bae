import Statistics

/// A generator whose numbers depend on its seed alone, so that a failing run of a random test can be made again.
public typealias SplitMix64 = Statistics.SplitMix64
