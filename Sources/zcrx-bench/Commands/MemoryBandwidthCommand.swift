import ArgumentParser
import Benchmark
import Linux
import Metering

struct MemoryBandwidthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "membw",
    abstract: "Shows how many bytes go between memory and the rest of the machine.",
    discussion: """
      With --calibrate it measures instead how fast this machine copies memory, with one thread and with all CPUs: that \
      works without counters too.

      Exit status: 0 done or told to stop, 1 the output could not be written, 77 nothing can be counted here, and why.
      """)

  @Option(help: ArgumentHelp("Seconds between two lines. (default: 1)", valueName: "seconds"))
  var interval: Double?

  @Option(
    name: [.customShort("t"), .customLong("time")],
    help: ArgumentHelp("How long to follow it. (default: until stopped)", valueName: "seconds"))
  var time: Double?

  @Flag(name: [.customShort("J"), .long], help: "Write a line of JSON instead of each line of text.")
  var json = false

  @Flag(help: "Measure how fast the CPUs copy memory.")
  var calibrate = false

  @Option(
    help: ArgumentHelp(
      "With --calibrate: bytes to copy at once, over all threads (K, M, G). (default: 4 times the last-level caches)",
      valueName: "bytes"))
  var size: Bytes?

  @Option(help: ArgumentHelp("With --calibrate: how often to measure; the median counts. (default: 5)"))
  var repetitions: Int?

  func validate() throws {
    if let interval, !(0.1...60).contains(interval) {
      throw ValidationError("--interval takes 0.1 to 60 seconds, not \(interval)")
    }
    if let time, !(time > 0 && time <= 86_400) { throw ValidationError("-t takes up to 86400 seconds, not \(time)") }
    if !calibrate, size != nil || repetitions != nil {
      throw ValidationError("--size and --repetitions are about --calibrate")
    }
    if calibrate, time != nil || interval != nil {
      throw ValidationError("-t and --interval follow the memory's traffic, and --calibrate measures copying")
    }
    _ = try size?.size(within: 4096...(1 << 40), "--size")
    if let repetitions, !(1...1000).contains(repetitions) {
      throw ValidationError("--repetitions takes 1 to 1000, not \(repetitions)")
    }
  }

  func run() throws {
    try reportingErrors {
      let stream: ReportStream
      if calibrate {
        stream = ReportStream()
        let plan = CopyPlan.choose(size: size.map { Int(clamping: $0.count) })
        let repetitions = repetitions ?? 5
        // It takes some seconds: whoever waits should know for what.
        if !json { stream.write(lines: MemoryBandwidthText.lines(for: plan, repetitions: repetitions)) }
        let calibration = try CopyCalibration.run(plan, repetitions: repetitions)
        if json {
          stream.write(document: MemoryBandwidthDocument.calibration(calibration))
        } else {
          stream.write(lines: MemoryBandwidthText.lines(for: calibration))
        }
      } else {
        let signals = try TerminationSignals()
        stream = ReportStream(signals: signals)
        try MemoryFollower(interval: interval ?? 1, duration: time).run(signals: signals) {
          (event) throws(BenchmarkError) in
          if json {
            stream.write(document: MemoryBandwidthDocument.line(for: event), isOptional: true)
          } else {
            stream.write(lines: MemoryBandwidthText.lines(for: event), isOptional: true)
          }
          if let failure = stream.failure { throw BenchmarkError(failure.description) }
        }
      }
      if !stream.finish() { throw ExitCode(ExitStatus.failed.rawValue) }
    }
  }
}
