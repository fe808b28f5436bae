import BoundedJSON

extension RunReport: ReportPart {
  /// The `zcrx_bench` object (docs/json.md): what is not known is absent, never zero.
  public func json() -> JSONValue {
    var object: JSONObject = [
      "schema_version": schemaVersion.json(),
      "tool_version": toolVersion.json(),
      "role": role.json(),
      "kind": kind.json(),
      "outcome": outcome.json(),
      "started_at": startedAt.json(),
      "local": local.json(),
      "peer": peer.json(),
    ]
    object["cookie"] = cookie?.json()
    object["control_mss"] = controlMss?.json()
    object["settings"] = settings.json()
    object["environment"] = environment.json()
    object["sent"] = sent?.json()
    object["received"] = received?.json()
    object["copy_account"] = copyAccount?.json()
    object["zero_copy"] = zeroCopy?.json()
    object["transmit"] = transmit?.json()
    object["processor"] = processor.json()
    object["memory"] = memory?.json()
    object["peer_congestion"] = peerCongestion?.json()
    object["verification"] = verification?.json()
    object["streams"] = streams.json()
    object["unlisted_streams"] = unlistedStreams?.json()
    object["workers"] = workers.json()
    if !cpus.isEmpty { object["cpus"] = cpus.json() }
    object["placement"] = placement?.json()
    object["polling"] = polling?.json()
    object["network"] = network?.json()
    object["load"] = load?.json()
    object["peer_load"] = peerLoad?.json()
    object["disturbances"] = disturbances?.json()
    object["derived"] = derivedJSON
    object["intervals"] = intervals.json()
    object["call_sizes"] = callSizes?.json()
    object["sampler_lateness_us"] = samplerLateness?.json()
    object["notes"] = notes.json()
    return .object(object)
  }

  /// Reads what `json()` wrote, of this or an earlier minor version.
  ///
  /// - Throws: `ReportError` naming the member that is missing or wrong, or a schema version of another major number.
  public init(json: JSONValue) throws(ReportError) {
    try self.init(json: json, path: "")
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    let version: String = try members.required("schema_version")
    try Self.checkVersion(version)
    self.init(
      toolVersion: try members.required("tool_version"), role: try members.required("role"),
      kind: try members.required("kind"), outcome: try members.required("outcome"),
      startedAt: try members.required("started_at"), peer: try members.required("peer"),
      local: try members.required("local"), settings: try members.required("settings"),
      environment: try members.required("environment"), processor: try members.required("processor"))
    schemaVersion = version
    cookie = try members.optional("cookie")
    controlMss = try members.optional("control_mss")
    sent = try members.optional("sent")
    received = try members.optional("received")
    copyAccount = try members.optional("copy_account")
    zeroCopy = try members.optional("zero_copy")
    memory = try members.optional("memory")
    transmit = try members.optional("transmit")
    peerCongestion = try members.optional("peer_congestion")
    verification = try members.optional("verification")
    streams = try members.required("streams")
    unlistedStreams = try members.optional("unlisted_streams")
    workers = try members.required("workers")
    cpus = try members.optional("cpus") ?? []
    placement = try members.optional("placement")
    polling = try members.optional("polling")
    network = try members.optional("network")
    load = try members.optional("load")
    peerLoad = try members.optional("peer_load")
    disturbances = try members.optional("disturbances")
    intervals = try members.required("intervals")
    callSizes = try members.optional("call_sizes")
    samplerLateness = try members.optional("sampler_lateness_us")
    notes = try members.required("notes")
    try checkSums()
  }

  static func checkVersion(_ version: String) throws(ReportError) {
    func major(_ text: String) -> Substring { text.prefix { $0 != "." } }
    guard major(version) == major(currentSchemaVersion) else {
      throw ReportError(
        path: "schema_version",
        problem: "is \(Excerpt(version)), and this zcrx-bench reads \(major(currentSchemaVersion)).x")
    }
  }
}

extension RunReport.Role: ReportPart {}
extension RunReport.Kind: ReportPart {}
extension Outcome.Status: ReportPart {}

extension Outcome: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["status": status.json()]
    object["reason"] = reason?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(try members.required("status"), reason: try members.optional("reason"))
  }
}

extension UnlistedStreams: ReportPart {
  package func json() -> JSONValue {
    .object(["count": count.json(), "bytes": bytes.json()])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(count: try members.required("count"), bytes: try members.required("bytes"))
  }
}

extension Endpoint: ReportPart {
  package func json() -> JSONValue {
    .object(["host": host.json(), "port": port.json()])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(host: try members.required("host"), port: try members.required("port"))
  }
}

extension Transfer: ReportPart {
  package func json() -> JSONValue {
    .object(["bytes": bytes.json(), "start": start.json(), "end": end.json()])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(
      bytes: try members.required("bytes"), start: try members.required("start"), end: try members.required("end"))
  }
}
