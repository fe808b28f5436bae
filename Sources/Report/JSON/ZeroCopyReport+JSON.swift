import BoundedJSON

extension ZeroCopyReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["queues": queues.json()]
    object["arrival"] = arrival?.json()
    object["tracing"] = tracing?.json()
    object["likely_causes"] = likelyCauses.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init()
    queues = try members.required("queues")
    arrival = try members.optional("arrival")
    tracing = try members.optional("tracing")
    likelyCauses = try members.required("likely_causes")
  }
}

extension TracingReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["exact": isExact.json(), "refusals": refusals.json()]
    object["method"] = method?.json()
    object["problem"] = problem?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      method: try members.optional("method"), isExact: try members.required("exact"),
      problem: try members.optional("problem"), refusals: try members.required("refusals"))
  }
}

extension ZeroCopyQueueReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["worker": worker.json()]
    object["queue"] = queue?.json()
    object["memory"] = memory.json()
    object["refused_options"] = refusedOptions.json()
    object["completions"] = completions.json()
    object["completion_sizes"] = completionSizes?.json()
    object["completed_bytes"] = completedBytes.json()
    object["proven_bytes"] = provenBytes.json()
    object["kernel_copied_bytes"] = kernelCopiedBytes?.json()
    object["traced_copied_bytes"] = tracedCopiedBytes?.json()
    object["kernel_copies"] = kernelCopies?.json()
    object["drained_bytes"] = drainedBytes.json()
    object["refill_high_water"] = refillHighWater.json()
    object["backlog_high_water"] = backlogHighWater.json()
    object["flushes"] = flushes.json()
    object["rearms"] = rearms.json()
    object["stalls_cured"] = stallsCured.json()
    object["completion_overflows"] = completionOverflows.json()
    object["allocation_failures"] = allocationFailures?.json()
    object["copy_events"] = copyEvents?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      worker: try members.required("worker"), queue: try members.optional("queue"),
      memory: try members.required("memory"))
    refusedOptions = try members.required("refused_options")
    completions = try members.required("completions")
    completionSizes = try members.optional("completion_sizes")
    completedBytes = try members.required("completed_bytes")
    provenBytes = try members.required("proven_bytes")
    kernelCopiedBytes = try members.optional("kernel_copied_bytes")
    tracedCopiedBytes = try members.optional("traced_copied_bytes")
    kernelCopies = try members.optional("kernel_copies")
    drainedBytes = try members.required("drained_bytes")
    refillHighWater = try members.required("refill_high_water")
    backlogHighWater = try members.required("backlog_high_water")
    flushes = try members.required("flushes")
    rearms = try members.required("rearms")
    stallsCured = try members.required("stalls_cured")
    completionOverflows = try members.required("completion_overflows")
    allocationFailures = try members.optional("allocation_failures")
    copyEvents = try members.optional("copy_events")
  }
}

extension ZeroCopyMemoryReport.Area: ReportPart {}

extension ZeroCopyMemoryReport: ReportPart {
  package func json() -> JSONValue {
    .object([
      "area": area.json(),
      "area_bytes": areaBytes.json(),
      "buffer_bytes": bufferBytes.json(),
      "refill_entries": refillEntries.json(),
      "completion_entries": completionEntries.json(),
    ])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      area: try members.required("area"), areaBytes: try members.required("area_bytes"),
      bufferBytes: try members.required("buffer_bytes"), refillEntries: try members.required("refill_entries"),
      completionEntries: try members.required("completion_entries"))
  }
}

extension ZeroCopyRearms: ReportPart {
  package func json() -> JSONValue {
    .object([
      "completion_queue_full": completionQueueFull.json(),
      "no_buffer": noBuffer.json(),
      "other_ring": otherRing.json(),
      "watchdog": watchdog.json(),
      "other": other.json(),
    ])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init()
    completionQueueFull = try members.required("completion_queue_full")
    noBuffer = try members.required("no_buffer")
    otherRing = try members.required("other_ring")
    watchdog = try members.required("watchdog")
    other = try members.required("other")
  }
}

extension PlacementReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["napi": napi.json()]
    object["queue"] = queue?.json()
    object["is_ours"] = isOurs.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      napi: try members.required("napi"), queue: try members.optional("queue"),
      isOurs: try members.required("is_ours"))
  }
}
