import Benchmark
import BoundedJSON
import Metering
import Report

/// `membw` as lines of JSON, as docs/memory-bandwidth.md describes them.
enum MemoryBandwidthDocument {
  static func line(for event: MemoryFollower.Event) -> JSONValue {
    switch event {
    case .source(let source, let remarks):
      return .object([
        "event": .string("source"),
        "data": .object(["source": source.json(), "remarks": .array(remarks.map(JSONValue.string))]),
      ])
    case .interval(let start, let end, let result):
      var data: JSONObject = ["start": .double(start), "end": .double(end)]
      switch result {
      case .success(let traffic): data["traffic"] = traffic.json()
      case .failure(let failure): data["unavailable"] = .string(failure.description)
      }
      return .object(["event": .string("interval"), "data": .object(data)])
    }
  }

  static func calibration(_ calibration: CopyCalibration) -> JSONValue {
    var data: JSONObject = [
      "size": .unsigned(UInt64(calibration.plan.size)),
      "repetitions": .unsigned(UInt64(calibration.repetitions)),
      "fits_caches": .bool(calibration.plan.fitsCaches),
    ]
    data["last_level_caches"] = calibration.plan.cache.map(JSONValue.unsigned)
    data["source"] = calibration.source?.json()
    data["unavailable"] = calibration.unavailable.map(JSONValue.string)
    data["ceilings"] = .array(calibration.ceilings.map(ceiling))
    return .object(["event": .string("calibration"), "data": .object(data)])
  }

  private static func ceiling(_ ceiling: CopyCeiling) -> JSONValue {
    var object: JSONObject = [
      "threads": .unsigned(UInt64(ceiling.threads)),
      "copied_bytes_per_second": .object([
        "least": .double(ceiling.rates.first ?? 0), "median": .double(ceiling.median),
        "most": .double(ceiling.rates.last ?? 0),
      ]),
      "copied_bytes": .unsigned(ceiling.copied),
    ]
    object["traffic"] = ceiling.traffic.map { MemoryTrafficReport($0).json() }
    return .object(object)
  }
}

extension ReportStream {
  /// One line.
  func write(document: JSONValue, isOptional: Bool = false) {
    write(document.serialized() + [UInt8(ascii: "\n")], isOptional: isOptional)
  }
}
