import BoundedJSON

extension CPUPlacementReport.Wish: ReportPart {}

extension CPUPlacementReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["wish": wish.json()]
    object["interface_node"] = interfaceNode?.json()
    object["workers"] = workers.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(try members.required("wish"), workers: try members.required("workers"))
    interfaceNode = try members.optional("interface_node")
  }
}

extension WorkerPlacementReport.Relation: ReportPart {}

extension WorkerPlacementReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["worker": worker.json()]
    object["cpu"] = cpu?.json()
    object["numa_node"] = numaNode?.json()
    object["serving"] = serving?.json()
    object["relation"] = relation?.json()
    object["reason"] = reason.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      worker: try members.required("worker"), cpu: try members.optional("cpu"), reason: try members.required("reason"))
    numaNode = try members.optional("numa_node")
    serving = try members.optional("serving")
    relation = try members.optional("relation")
  }
}

extension ServingCPUReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["cpu": cpu.json()]
    object["numa_node"] = numaNode?.json()
    object["source"] = source.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(cpu: try members.required("cpu"), source: try members.required("source"))
    numaNode = try members.optional("numa_node")
  }
}
