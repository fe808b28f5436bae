import BoundedJSON

extension MemoryReport: ReportPart {
  package func json() -> JSONValue {
    var object = JSONObject()
    object["unavailable"] = unavailable?.json()
    object["source"] = source?.json()
    object["traffic"] = traffic?.json()
    object["baseline"] = baseline?.json()
    object["no_baseline"] = noBaseline?.json()
    object["net_bytes"] = netBytes?.json()
    object["bytes_per_payload_byte"] = bytesPerPayloadByte?.json()
    object["remarks"] = remarks.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(unavailable: try members.optional("unavailable"), source: try members.optional("source"))
    traffic = try members.optional("traffic")
    baseline = try members.optional("baseline")
    noBaseline = try members.optional("no_baseline")
    netBytes = try members.optional("net_bytes")
    bytesPerPayloadByte = try members.optional("bytes_per_payload_byte")
    remarks = try members.required("remarks")
  }
}

extension MemoryReport.Source: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["name": name.json(), "title": title.json()]
    object["limitation"] = limitation?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      name: try members.required("name"), title: try members.required("title"),
      limitation: try members.optional("limitation"))
  }
}

extension MemoryTrafficReport: ReportPart {
  package func json() -> JSONValue {
    .object(["seconds": seconds.json(), "sockets": sockets.json(), "running_share": runningShare.json()])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      seconds: try members.required("seconds"), sockets: try members.required("sockets"),
      runningShare: try members.required("running_share"))
    for figure in [sockets.map(\.totalBytes), sockets.compactMap(\.readBytes), sockets.compactMap(\.writeBytes)]
    where UInt64(summing: figure) == nil {
      throw ReportError(path: "\(path).sockets", problem: "has bytes that make a sum beyond 2^64 - 1")
    }
  }
}

extension MemorySocketReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["socket": socket.json()]
    object["read_bytes"] = readBytes?.json()
    object["write_bytes"] = writeBytes?.json()
    object["total_bytes"] = totalBytes.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      socket: try members.required("socket"), readBytes: try members.optional("read_bytes"),
      writeBytes: try members.optional("write_bytes"), totalBytes: try members.required("total_bytes"))
  }
}

extension MemoryBaselineReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["seconds": seconds.json(), "age": age.json()]
    object["read_bytes_per_second"] = readRate?.json()
    object["write_bytes_per_second"] = writeRate?.json()
    object["total_bytes_per_second"] = totalRate.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      seconds: try members.required("seconds"), age: try members.required("age"),
      readRate: try members.optional("read_bytes_per_second"),
      writeRate: try members.optional("write_bytes_per_second"),
      totalRate: try members.required("total_bytes_per_second"))
  }
}

extension IntervalMemoryReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["seconds": seconds.json()]
    object["read_bytes"] = readBytes?.json()
    object["write_bytes"] = writeBytes?.json()
    object["total_bytes"] = totalBytes.json()
    object["net_bytes"] = netBytes?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      seconds: try members.required("seconds"), readBytes: try members.optional("read_bytes"),
      writeBytes: try members.optional("write_bytes"), totalBytes: try members.required("total_bytes"),
      netBytes: try members.optional("net_bytes"))
  }
}
