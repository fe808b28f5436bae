import BoundedJSON

extension RunReport {
  /// What other members say, worked out for readers that do not want to; nil where that is nothing. Read back by
  /// nobody: it is worked out anew.
  var derivedJSON: JSONValue? {
    var object = JSONObject()
    object["limit"] = limit?.json()
    object["process_cost"] = processCost?.json()
    object["machine_cost"] = machineCost?.json()
    return object.members.isEmpty ? nil : .object(object)
  }
}

extension LimitReport {
  fileprivate func json() -> JSONValue {
    .object(["verdict": .string(verdict.rawValue), "evidence": evidence.json()])
  }
}

extension ProcessorCost {
  fileprivate func json() -> JSONValue {
    .object([
      "seconds_per_gib": secondsPerGibibyte.json(),
      "us_per_mib": microsecondsPerMebibyte.json(),
      "gigabits_per_busy_cpu": gigabitsPerBusyCPU.json(),
    ])
  }
}
