/// What the bytes cost in the units people compare in; CPU-s/GiB of the process stands in the line above.
struct CostText {
  let report: RunReport

  var lines: [TextLine] {
    var parts: [String] = []
    if let cost = report.processCost { parts.append(Self.units(cost)) }
    if let cost = report.machineCost {
      parts.append("machine \(cost.secondsPerGibibyte.text(decimals: 3)) CPU-s/GiB, \(Self.units(cost))")
    }
    return parts.isEmpty ? [] : [TextLine("       Cost: \(parts.joined(separator: "; "))")]
  }

  private static func units(_ cost: ProcessorCost) -> String {
    "\(cost.microsecondsPerMebibyte.text(decimals: 1)) us/MiB, "
      + "\(cost.gigabitsPerBusyCPU.text(decimals: 2)) Gb/s per busy CPU"
  }
}
