import Testing

@testable import Benchmark
