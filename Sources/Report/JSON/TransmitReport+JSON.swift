import BoundedJSON

extension TransmitReport: ReportPart {
  package func json() -> JSONValue {
    var object: JSONObject = ["handover": handover.json()]
    object["zero_copied_bytes"] = zeroCopiedBytes?.json()
    object["copied_bytes"] = copiedBytes?.json()
    object["unsettled_bytes"] = unsettledBytes?.json()
    object["notifications"] = notifications?.json()
    object["copied_notifications"] = copiedNotifications?.json()
    object["retries"] = retries.json()
    object["refusals"] = refusals?.json()
    object["streams_writing"] = streamsWriting?.json()
    object["reason_to_write"] = reasonToWrite?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(handover: try members.required("handover"), retries: try members.required("retries"))
    zeroCopiedBytes = try members.optional("zero_copied_bytes")
    copiedBytes = try members.optional("copied_bytes")
    unsettledBytes = try members.optional("unsettled_bytes")
    notifications = try members.optional("notifications")
    copiedNotifications = try members.optional("copied_notifications")
    refusals = try members.optional("refusals")
    streamsWriting = try members.optional("streams_writing")
    reasonToWrite = try members.optional("reason_to_write")
  }
}

extension TransmitReport.Handover: ReportPart {}
