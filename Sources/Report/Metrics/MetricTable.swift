import BoundedJSON

extension Metric {
  /// Every metric there is, in the order they are listed.
  public static let all: [Metric] = [
    throughput, zeroCopyProven, zeroCopyPossible, copiedProven, copiedPossible, kernelCopied, cpu, cpuUser, cpuSystem,
    cpuMachine, cpuSoftirq, dram, retransmits, lostBytes, allocationFailures, completionSize, meanRoundTrip,
    disturbances, bytes, duration, mode,
  ]

  public static let throughput = Metric(
    "throughput", .bitsPerSecond, .higher, "What the receiver counted over the seconds that count.",
    source: "received",
    ours: { report in
      guard let bytes = report.number("received.bytes"), let seconds = report.span("received") else {
        return .unavailable("the receiver's account never arrived")
      }
      return seconds > 0 ? .value(bytes * 8 / seconds) : .unavailable("no time passed")
    },
    iperf: { document in
      // `end.sum` of UDP is what was sent, or nothing at all.
      document.number("end.sum_received.bits_per_second").map { .value($0) }
        ?? .unavailable("the document has no end.sum_received.bits_per_second")
    })

  public static let zeroCopyProven = share(
    "zero-copy.proven", .higher,
    "Bytes proven to have reached user memory without a copy by the kernel, of all: exactly those where a probe counts the "
      + "copies (root, or CAP_BPF and CAP_PERFMON), and with --area dmabuf.",
    "copy_account.zero_copied.at_least")
  public static let zeroCopyPossible = share(
    "zero-copy.possible", .higher, "Bytes that may have reached user memory without a copy by the kernel, of all.",
    "copy_account.zero_copied.at_most")
  public static let copiedProven = share(
    "copied.proven", .lower, "Bytes proven to have been copied by the kernel, of all.", "copy_account.copied.at_least")
  public static let copiedPossible = share(
    "copied.possible", .lower, "Bytes that may have been copied by the kernel, of all.", "copy_account.copied.at_most")

  public static let kernelCopied = Metric(
    "kernel-copied", .share, .lower,
    "Bytes the kernel itself counts as copied (Linux 7.2; it leaves out linear parts of packets), of those that "
      + "arrived through completions; without zero-copy receive, copied bytes where they are exact.",
    source: "zero_copy.queues[].kernel_copied_bytes",
    ours: { report in
      guard let queues = report.at("zero_copy.queues")?.array else { return exactlyCopied(report) }
      guard let copied = queues.sumIfAllTell("kernel_copied_bytes") else {
        return .unavailable("this kernel does not count what it copies (Linux 7.2 does)")
      }
      guard let completed = queues.sumIfAllTell("completed_bytes"), completed > 0 else {
        return .unavailable("nothing arrived through completions")
      }
      return .value(copied / completed)
    })

  public static let cpu = perGibibyte(
    "cpu", "CPU time of this side's process, user and system, for each GiB it moved.",
    source: "processor.user + processor.system", iperf: iperfProcessor
  ) { report in counted(sum(report.number("processor.user"), report.number("processor.system"))) }
  public static let cpuUser = perGibibyte(
    "cpu.user", "CPU time of this side's process in user mode, for each GiB.", source: "processor.user"
  ) { report in report.number("processor.user") }
  public static let cpuSystem = perGibibyte(
    "cpu.system", "CPU time of this side's process in the kernel, for each GiB.", source: "processor.system"
  ) { report in report.number("processor.system") }
  public static let cpuMachine = perGibibyte(
    "cpu.machine", "CPU time of the whole machine that was neither idle nor stolen, for each GiB; softirq included.",
    source: "processor.machine"
  ) { report in
    var total: Double? = 0
    for name in ["user", "system", "irq", "softirq"] { total = sum(total, report.number("processor.machine.\(name)")) }
    return counted(total)
  }
  public static let cpuSoftirq = perGibibyte(
    "cpu.softirq", "CPU time of the whole machine in softirq, for each GiB.", source: "processor.machine.softirq"
  ) { report in report.number("processor.machine.softirq") }

  public static let dram = Metric(
    "dram", .ratio, .lower,
    "Bytes read from and written to memory for each byte of payload, the idle baseline taken off.",
    source: "memory.bytes_per_payload_byte",
    ours: { report in
      if let figure = report.number("memory.bytes_per_payload_byte") { return .value(figure) }
      let reason = report.at("memory.unavailable")?.string ?? report.at("memory.no_baseline")?.string
      return .unavailable(reason ?? "the report has no memory bandwidth")
    })

  public static let retransmits = Metric(
    "retransmits", .count, .lower, "Segments retransmitted in the seconds that count; the sender knows.",
    source: "streams[].tcp.retransmits of a client; its intervals where seconds were omitted",
    ours: { report in
      guard report.at("role")?.string == "client" else {
        return .unavailable("the sender counts them, and this is the receiver's report")
      }
      guard let run = try? RunReport(json: report), let count = run.retransmits else {
        return .unavailable("a stream's TCP state could not be read")
      }
      return .value(Double(count))
    },
    iperf: { document in
      document.number("end.sum_sent.retransmits").map { .value($0) }
        ?? .unavailable("the document has no end.sum_sent.retransmits")
    })

  public static let lostBytes = Metric(
    "lost-bytes", .bytes, .lower, "Bytes that arrived and could no longer be read.", source: "streams[].lost_bytes",
    ours: { report in
      .value((report.at("streams")?.array ?? []).reduce(0) { $0 + ($1.number("lost_bytes") ?? 0) })
    })

  public static let allocationFailures = Metric(
    "allocation-failures", .count, .lower, "The kernel's ALLOC_FAIL events of all zero-copy queues (Linux 7.2).",
    source: "zero_copy.queues[].allocation_failures",
    ours: { report in
      guard let queues = report.at("zero_copy.queues")?.array else {
        return .unavailable("zero-copy receive was not in use")
      }
      return queues.sumIfAllTell("allocation_failures").map { .value($0) }
        ?? .unavailable("this kernel has no such events (Linux 7.2 has)")
    })

  public static let completionSize = Metric(
    "completion-size", .bytes, .higher, "Median of the bytes per completion, of the queue with most completions.",
    source: "zero_copy.queues[].completion_sizes.median",
    ours: { report in
      let queues = report.at("zero_copy.queues")?.array ?? []
      let busiest = queues.max { ($0.number("completions") ?? 0) < ($1.number("completions") ?? 0) }
      return busiest?.number("completion_sizes.median").map { .value($0) } ?? .unavailable("there were no completions")
    })

  public static let meanRoundTrip = Metric(
    "rtt", .seconds, .lower, "Mean round-trip time of the slowest stream, as this side's TCP measured it.",
    source: "streams[].tcp.mean_rtt_us",
    ours: { report in
      let times = (report.at("streams")?.array ?? []).compactMap { $0.number("tcp.mean_rtt_us") }
      guard let slowest = times.max(), slowest > 0 else { return .unavailable("no stream measured one") }
      return .value(slowest / 1e6)
    },
    iperf: { document in
      let times = (document.at("end.streams")?.array ?? []).compactMap { $0.number("sender.mean_rtt") }
      guard let slowest = times.max(), slowest > 0 else { return .unavailable("no stream measured one") }
      return .value(slowest / 1e6)
    })

  public static let disturbances = Metric(
    "disturbances", .count, .lower,
    "Disturbances that were seen, both sides' where the other side tells; what cannot be known counts as none.",
    source: "disturbances.seen",
    ours: { report in
      guard let seen = report.at("disturbances.seen")?.array else {
        return .unavailable("the report does not tell what disturbed the run")
      }
      return .value(Double(seen.count))
    })

  public static let bytes = Metric(
    "bytes", .bytes, .none, "What the receiver counted, omitted seconds excluded.", source: "received.bytes",
    ours: { report in
      report.number("received.bytes").map { .value($0) } ?? .unavailable("the receiver's account never arrived")
    },
    iperf: { document in
      document.number("end.sum_received.bytes").map { .value($0) }
        ?? .unavailable("the document has no end.sum_received.bytes")
    })

  public static let duration = Metric(
    "duration", .seconds, .none, "Seconds over which the receiver counted.", source: "received",
    ours: { report in
      report.span("received").map { .value($0) } ?? .unavailable("the receiver's account never arrived")
    },
    iperf: { document in
      document.number("end.sum_received.seconds").map { .value($0) }
        ?? .unavailable("the document has no end.sum_received.seconds")
    })

  public static let mode = Metric(
    "mode", .name, .none, "Receive mode that was used.", source: "settings.mode",
    names: ["zc", "zc-copy", "epoll", "uring", "mmap", "discard"],
    ours: { report in
      report.at("settings.mode")?.string.map { .name($0) } ?? .unavailable("the receiver did not report its mode")
    })

  /// Whether it is of the side alone that made the report: a receiver's and a sender's are figures of two things.
  var isOfOneSide: Bool {
    [Self.cpu, .cpuUser, .cpuSystem, .cpuMachine, .cpuSoftirq, .dram, .meanRoundTrip].contains { $0.name == name }
  }

  // MARK: How they are read

  private static func share(_ name: String, _ preference: Preference, _ meaning: String, _ path: String) -> Metric {
    Metric(name, .share, preference, meaning, source: path) { report in
      guard let all = report.number("received.bytes") else {
        return .unavailable("the receiver's account never arrived")
      }
      guard let part = report.number(path) else {
        return .unavailable(report.at("copy_account.method")?.string ?? "the receiver did not tell what was copied")
      }
      return all > 0 ? .value(min(1, part / all)) : .unavailable("nothing was received")
    }
  }

  /// The kernel splits CPU time by ticks of up to 10 ms: over less than 50 ms it says nothing.
  private static let shortestForProcessor = 0.05

  private static func perGibibyte(
    _ name: String, _ meaning: String, source: String, iperf: (@Sendable (JSONValue) -> MetricReading)? = nil,
    seconds: @escaping @Sendable (JSONValue) -> Double?
  ) -> Metric {
    Metric(
      name, .secondsPerGibibyte, .lower, meaning, source: source,
      ours: { report in
        guard let wall = report.number("processor.wall_seconds"), wall >= shortestForProcessor else {
          return .unavailable("the run was too short to tell")
        }
        guard let seconds = seconds(report) else {
          let reason = report.at("processor.machine_unknown")?.string
          return .unavailable(reason ?? "the processor's time was not readable")
        }
        let account = report.at("role")?.string == "client" ? "sent" : "received"
        guard let bytes = report.number("\(account).bytes"), bytes > 0 else {
          return .unavailable("this side moved nothing that it knows of")
        }
        return .value(seconds / (bytes / 1_073_741_824))
      },
      iperf: iperf)
  }

  /// iperf3 tells percent of one CPU over the run.
  @Sendable private static func iperfProcessor(_ document: JSONValue) -> MetricReading {
    guard MeasuredTraffic(ofIperf: document).direction != .both else {
      return .unavailable("the run went both ways, and its CPU time was spent on both")
    }
    guard let percent = counted(document.number("end.cpu_utilization_percent.host_total")),
      let seconds = document.number("end.sum_received.seconds"), let bytes = document.number("end.sum_received.bytes"),
      bytes > 0
    else { return .unavailable("the document has no end.cpu_utilization_percent or no end.sum_received") }
    return .value(percent / 100 * seconds / (bytes / 1_073_741_824))
  }

  private static func exactlyCopied(_ report: JSONValue) -> MetricReading {
    guard let least = report.number("copy_account.copied.at_least"), let all = report.number("received.bytes"), all > 0,
      least == report.number("copy_account.copied.at_most")
    else { return .unavailable("what was copied is not known exactly") }
    return .value(least / all)
  }

  /// Bytes that were moved took some time: none at all is an account that stood still.
  private static func counted(_ seconds: Double?) -> Double? { seconds.flatMap { $0 > 0 ? $0 : nil } }

  private static func sum(_ first: Double?, _ second: Double?) -> Double? {
    guard let first, let second else { return nil }
    return first + second
  }
}

extension JSONValue {
  /// The member at `path`, keys joined by points; nil where one is missing.
  package func at(_ path: String) -> JSONValue? {
    path.split(separator: ".").reduce(self as JSONValue?) { value, key in value?.object?[String(key)] }
  }

  /// The number at `path`; nil where it is missing, null, or no number.
  package func number(_ path: String) -> Double? { at(path)?.doubleValue }

  fileprivate func span(_ path: String) -> Double? {
    guard let start = number("\(path).start"), let end = number("\(path).end") else { return nil }
    return max(0, end - start)
  }
}

extension [JSONValue] {
  /// The sum of a member; nil where one element lacks it, or there is none.
  fileprivate func sumIfAllTell(_ path: String) -> Double? {
    let numbers = compactMap { $0.number(path) }
    return numbers.count == count && !isEmpty ? numbers.reduce(0, +) : nil
  }
}
