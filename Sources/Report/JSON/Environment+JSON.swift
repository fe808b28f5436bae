import BoundedJSON

extension Environment: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = [
      "host": host.json(),
      "system": system.json(),
      "kernel": kernel.json(),
      "architecture": architecture.json(),
      "cpu_model": cpuModel.json(),
      "online_cpus": onlineCpus.json(),
      "default_congestion": defaultCongestion.json(),
    ]
    if !isShared { object["shared"] = false.json() }
    object["machine"] = machine?.json()
    object["interface"] = interface?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      host: try members.required("host"), system: try members.required("system"),
      kernel: try members.required("kernel"), architecture: try members.required("architecture"),
      cpuModel: try members.required("cpu_model"), onlineCpus: try members.required("online_cpus"),
      defaultCongestion: try members.required("default_congestion"))
    isShared = try members.optional("shared") ?? true
    machine = try members.optional("machine")
    interface = try members.optional("interface")
  }
}
