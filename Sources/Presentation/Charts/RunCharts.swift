import BoundedJSON
import Report

/// The pictures of one run; each only where its figures are known.
struct RunCharts {
  let run: RecordedRun

  var charts: [Chart] { [throughput, zeroCopy, processor, memory, completionSizes, callSizes].compactMap(\.self) }

  private var intervals: [RunTimeline.Interval] { RunTimeline(run).counted() }

  private var throughput: Chart? {
    let intervals = intervals
    guard !intervals.isEmpty else { return nil }
    let rates = intervals.map(\.bitsPerSecond)
    let description =
      "\(intervals.count) intervals, lowest \(Metric.throughput.text(rates.min() ?? 0)), "
      + "highest \(Metric.throughput.text(rates.max() ?? 0))"
    return LineChart(
      name: "throughput", title: "Throughput over time", xTitle: "seconds", yTitle: "Gb/s",
      series: [LineChart.Series(name: "Gb/s", points: steps(intervals) { $0.bitsPerSecond / 1e9 })]
    ).chart(description: description)
  }

  private var zeroCopy: Chart? {
    let known = intervals.filter { $0.zeroCopied != nil && $0.bytes > 0 }
    guard !known.isEmpty else { return nil }
    func share(_ interval: RunTimeline.Interval, _ bound: KeyPath<ByteBounds, UInt64>) -> Double {
      interval.zeroCopied.map { min(1, Double($0[keyPath: bound]) / Double(interval.bytes)) * 100 } ?? 0
    }
    let band = zip(steps(known) { share($0, \.atLeast) }, steps(known) { share($0, \.atMost) }).map {
      (x: $0.x, least: $0.y, most: $1.y)
    }
    return LineChart(
      name: "zero-copy", title: "Zero-copy over time: what is proven, and what is possible", xTitle: "seconds",
      yTitle: "% of bytes", bands: [LineChart.Band(name: "between proven and possible", points: band)],
      yScale: Scale(exactly: 100, step: 20)
    ).chart(description: "Share of the bytes of each interval that the kernel did not copy, as a bracket")
  }

  private var processor: Chart? {
    guard let report = run.report, report.processor.wallSeconds >= 0.05 else { return nil }
    let classes = ["user", "system", "irq", "softirq", "stolen", "idle"]
    var rows: [StackedBars.Row] = []
    if let machine = report.processor.machine {
      rows.append(
        StackedBars.Row(
          label: "machine",
          values: [machine.user, machine.system, machine.irq, machine.softirq, machine.steal, machine.idle]))
    }
    rows.append(
      StackedBars.Row(label: "process", values: [report.processor.user, report.processor.system, 0, 0, 0, 0]))
    rows += report.workers.prefix(16).map { worker in
      StackedBars.Row(label: "thread \(worker.index)", values: [worker.user, worker.system, 0, 0, 0, 0])
    }
    return StackedBars(
      name: "cpu", title: "CPU time by class", axisTitle: "CPU seconds", parts: classes, rows: rows
    ).chart(
      description:
        "CPU seconds of the machine, of the process and of its threads by class, over \(report.processor.wallSeconds.text(decimals: 2)) s"
    )
  }

  /// As counted, the idle baseline included.
  private var memory: Chart? {
    let traffic = run.json.object?["memory"]?.object?["traffic"]?.object
    guard let seconds = traffic?["seconds"]?.doubleValue, seconds > 0 else { return nil }
    let sockets = (traffic?["sockets"]?.array ?? []).compactMap(\.object)
    let rows = sockets.compactMap { socket -> StackedBars.Row? in
      func rate(_ key: String) -> Double? { socket[key]?.doubleValue.map { max(0, $0) / seconds / 1e9 } }
      let label = "socket \(socket["socket"]?.intValue ?? 0)"
      if let read = rate("read_bytes"), let write = rate("write_bytes") {
        return StackedBars.Row(label: label, values: [read, write, 0])
      }
      return rate("total_bytes").map { StackedBars.Row(label: label, values: [0, 0, $0]) }
    }
    guard !rows.isEmpty else { return nil }
    return StackedBars(
      name: "memory", title: "Memory bandwidth", axisTitle: "GB/s", parts: ["read", "written", "both"], rows: rows
    ).chart(description: "Bytes between memory and the rest of the machine for each second, by socket")
  }

  /// Each size of all queues together; only a summary of each queue in a report before schema 1.3.
  private var completionSizes: Chart? {
    guard let queues = run.report?.zeroCopy?.queues else { return nil }
    let sizes = queues.compactMap(\.completionSizes)
    let histogram = histogram(
      of: sizes, name: "completion-sizes", title: "Bytes per completion, all queues together", unit: "completion")
    return histogram ?? summaries(of: queues)
  }

  /// What else a receiver knows of sizes: those of its calls, with io_uring those of completions.
  private var callSizes: Chart? {
    guard let report = run.report, report.zeroCopy == nil, let sizes = report.callSizes else { return nil }
    let call = report.settings.mode == "uring" ? "completion" : "receive call"
    return histogram(of: [sizes], name: "call-sizes", title: "Bytes per \(call)", unit: call)
  }

  private func histogram(of sizes: [DistributionReport], name: String, title: String, unit: String) -> Chart? {
    var samples: [ClosedRange<UInt64>: UInt64] = [:]
    // What a file says of its classes may be anything.
    for one in sizes.flatMap({ $0.classes ?? [] }) where one.samples > 0 && one.atLeast <= one.atMost {
      let sum = samples[one.atLeast...one.atMost, default: 0].addingReportingOverflow(one.samples)
      samples[one.atLeast...one.atMost] = sum.overflow ? .max : sum.partialValue
    }
    guard !samples.isEmpty else { return nil }
    let classes = samples.map { SampleClass(atLeast: $0.key.lowerBound, atMost: $0.key.upperBound, samples: $0.value) }
    return HistogramChart(
      name: name, title: title, axisTitle: "bytes", unit: unit,
      classes: classes.sorted { ($0.atMost, $0.atLeast) < ($1.atMost, $1.atLeast) }
    ).chart()
  }

  private func summaries(of queues: [ZeroCopyQueueReport]) -> Chart? {
    let rows = queues.compactMap { queue in
      queue.completionSizes.map { sizes in
        RangeChart.Row(
          label: queue.queue.map { "queue \($0)" } ?? "ring \(queue.worker)", least: Double(sizes.minimum),
          point: Double(sizes.median), most: Double(sizes.percentile99),
          text: "median \(sizes.median), 99 % within \(sizes.percentile99), largest \(sizes.maximum)")
      }
    }
    guard !rows.isEmpty else { return nil }
    return RangeChart(
      name: "completion-sizes", title: "Bytes per completion: smallest, median, 99 %", axisTitle: "bytes", rows: rows
    ).chart(description: "Summary of the sizes of completions of each zero-copy queue")
  }

  /// An interval is a step: what it shows is a mean over its whole length.
  private func steps(
    _ intervals: [RunTimeline.Interval], _ value: (RunTimeline.Interval) -> Double
  ) -> [(x: Double, y: Double)] {
    intervals.flatMap { interval in
      let y = value(interval)
      return [(x: interval.start, y: y), (x: interval.end, y: y)]
    }
  }
}
