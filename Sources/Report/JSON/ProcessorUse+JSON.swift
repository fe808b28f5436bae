import BoundedJSON

extension ProcessorUse: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["wall_seconds": wallSeconds.json(), "user": user.json(), "system": system.json()]
    object["machine"] = machine?.json()
    object["machine_unknown"] = machineUnknown?.json()
    object["throttled"] = throttling?.json()
    object["peer"] = peer?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      wallSeconds: try members.required("wall_seconds"), user: try members.required("user"),
      system: try members.required("system"))
    machine = try members.optional("machine")
    machineUnknown = try members.optional("machine_unknown")
    throttling = try members.optional("throttled")
    peer = try members.optional("peer")
  }
}

extension CPUThrottlingReport: ReportPart {
  package func json() -> JSONValue {
    .object(["cgroup": cgroup.json(), "nr_throttled": periods.json(), "throttled_seconds": seconds.json()])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      cgroup: try members.required("cgroup"), periods: try members.required("nr_throttled"),
      seconds: try members.required("throttled_seconds"))
  }
}

extension MachineUse: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = [
      "cpus": cpus.json(),
      "user": user.json(),
      "system": system.json(),
      "irq": irq.json(),
      "softirq": softirq.json(),
      "steal": steal.json(),
      "idle": idle.json(),
    ]
    object["iowait"] = ioWait?.json()
    object["guest"] = guest?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      cpus: try members.required("cpus"), user: try members.required("user"), system: try members.required("system"),
      irq: try members.required("irq"), softirq: try members.required("softirq"),
      steal: try members.required("steal"), idle: try members.required("idle"))
    ioWait = try members.optional("iowait")
    guest = try members.optional("guest")
  }
}

extension PeerUtilization: ReportPart {
  package func json() -> JSONValue {
    .object([
      "total_percent": totalPercent.json(),
      "user_percent": userPercent.json(),
      "system_percent": systemPercent.json(),
    ])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      totalPercent: try members.required("total_percent"), userPercent: try members.required("user_percent"),
      systemPercent: try members.required("system_percent"))
  }
}

extension WorkerReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["index": index.json()]
    object["cpu"] = cpu?.json()
    object["streams"] = streams.json()
    object["user"] = user.json()
    object["system"] = system.json()
    object["voluntary_switches"] = voluntarySwitches.json()
    object["involuntary_switches"] = involuntarySwitches.json()
    object["calls"] = calls.json()
    object["minor_faults"] = minorFaults?.json()
    object["major_faults"] = majorFaults?.json()
    object["elapsed"] = elapsed?.json()
    object["last_cpu"] = lastCPU?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      index: try members.required("index"), cpu: try members.optional("cpu"), streams: try members.required("streams"),
      user: try members.required("user"), system: try members.required("system"),
      voluntarySwitches: try members.required("voluntary_switches"),
      involuntarySwitches: try members.required("involuntary_switches"), calls: try members.required("calls"))
    minorFaults = try members.optional("minor_faults")
    majorFaults = try members.optional("major_faults")
    elapsed = try members.optional("elapsed")
    lastCPU = try members.optional("last_cpu")
  }
}
