import BoundedJSON

extension PollingReport.Method: ReportPart {}

extension PollingReport: ReportPart {
  package func json() -> JSONValue {
    var object = JSONObject()
    object["busy_poll_us"] = busyPoll?.json()
    object["method"] = method?.json()
    object["min_wait_us"] = minimumWait?.json()
    object["min_wait_batch"] = minimumWaitBatch?.json()
    if !deferrals.isEmpty { object["napi_deferrals"] = deferrals.json() }
    if !refusals.isEmpty { object["refusals"] = refusals.json() }
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init()
    busyPoll = try members.optional("busy_poll_us")
    method = try members.optional("method")
    minimumWait = try members.optional("min_wait_us")
    minimumWaitBatch = try members.optional("min_wait_batch")
    deferrals = try members.optional("napi_deferrals") ?? []
    refusals = try members.optional("refusals") ?? []
  }
}

extension NAPIDeferralReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["queue": queue.json(), "napi": napi.json()]
    object["defer_hard_irqs"] = deferHardIRQs?.json()
    object["gro_flush_timeout_ns"] = groFlushTimeout?.json()
    object["irq_suspend_timeout_ns"] = irqSuspendTimeout?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(queue: try members.required("queue"), napi: try members.required("napi"))
    deferHardIRQs = try members.optional("defer_hard_irqs")
    groFlushTimeout = try members.optional("gro_flush_timeout_ns")
    irqSuspendTimeout = try members.optional("irq_suspend_timeout_ns")
  }
}
