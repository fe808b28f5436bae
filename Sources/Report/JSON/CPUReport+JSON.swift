import BoundedJSON

extension CPUReport: ReportPart {
  package func json() -> JSONValue {
    var object = JSONObject()
    object["cpu"] = cpu.json()
    object["numa_node"] = numaNode?.json()
    object["workers"] = workers.json()
    object["softirq"] = softirq.json()
    object["time"] = time?.json()
    object["clock"] = clock?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(cpu: try members.required("cpu"))
    numaNode = try members.optional("numa_node")
    workers = try members.required("workers")
    softirq = try members.required("softirq")
    time = try members.optional("time")
    clock = try members.optional("clock")
  }
}

extension SoftirqSource.Kind: ReportPart {}

extension SoftirqSource: ReportPart {
  package func json() -> JSONValue {
    var object = JSONObject()
    object["kind"] = kind.json()
    object["queue"] = queue?.json()
    object["interrupt"] = interrupt?.json()
    if !streams.isEmpty { object["streams"] = streams.json() }
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(try members.required("kind"))
    queue = try members.optional("queue")
    interrupt = try members.optional("interrupt")
    streams = try members.optional("streams") ?? []
  }
}

extension CPUTimeReport: ReportPart {
  package func json() -> JSONValue {
    var object = JSONObject()
    object["user"] = user.json()
    object["system"] = system.json()
    object["irq"] = irq.json()
    object["softirq"] = softirq.json()
    object["steal"] = steal.json()
    object["idle"] = idle.json()
    object["iowait"] = ioWait.json()
    object["guest"] = guest?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      user: try members.required("user"), system: try members.required("system"), irq: try members.required("irq"),
      softirq: try members.required("softirq"), steal: try members.required("steal"),
      idle: try members.required("idle"), ioWait: try members.required("iowait"), guest: try members.optional("guest"))
  }
}
