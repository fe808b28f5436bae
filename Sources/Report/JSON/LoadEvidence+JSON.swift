import BoundedJSON

extension LoadEvidence: ReportPart {
  package func json() -> JSONValue {
    var object = JSONObject()
    object["busiest_cpu"] = busiestCPU?.json()
    object["busiest_worker"] = busiestWorker?.json()
    object["window_limited_percent"] = windowLimitedPercent?.json()
    object["buffer_limited_percent"] = bufferLimitedPercent?.json()
    object["retransmits"] = retransmits?.json()
    object["paced_percent"] = pacedPercent?.json()
    if !bound.isEmpty { object["bound"] = bound.json() }
    object["boot"] = boot?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init()
    busiestCPU = try members.optional("busiest_cpu")
    busiestWorker = try members.optional("busiest_worker")
    windowLimitedPercent = try members.optional("window_limited_percent")
    bufferLimitedPercent = try members.optional("buffer_limited_percent")
    retransmits = try members.optional("retransmits")
    pacedPercent = try members.optional("paced_percent")
    bound = try members.optional("bound") ?? []
    boot = try members.optional("boot")
  }
}

extension LoadEvidence.BoundWork: ReportPart {
  package func json() -> JSONValue {
    .object([
      "cpu": cpu.json(),
      "seconds": seconds.json(),
    ])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(cpu: try members.required("cpu"), seconds: try members.required("seconds"))
  }
}

extension LoadEvidence.CPULoad: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = [
      "cpu": cpu.json(),
      "busy_percent": busyPercent.json(),
      "stolen_percent": stolenPercent.json(),
      "softirq_percent": softirqPercent.json(),
    ]
    object["others_percent"] = othersPercent?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      cpu: try members.required("cpu"), busyPercent: try members.required("busy_percent"),
      stolenPercent: try members.required("stolen_percent"), softirqPercent: try members.required("softirq_percent"),
      othersPercent: try members.optional("others_percent"))
  }
}

extension LoadEvidence.WorkerLoad: ReportPart {
  package func json() -> JSONValue {
    .object([
      "index": index.json(),
      "percent": percent.json(),
    ])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(index: try members.required("index"), percent: try members.required("percent"))
  }
}
