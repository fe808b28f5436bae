import BoundedJSON

extension NetworkReport: ReportPart {
  package func json() -> JSONValue {
    var object = JSONObject()
    object["interface"] = interface.json()
    object["queues"] = queues.json()
    object["other_queues"] = otherQueues?.json()
    object["transmit"] = transmit?.json()
    object["page_pools"] = pagePools.json()
    object["link"] = link?.json()
    object["absent"] = absent.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(interface: try members.required("interface"))
    queues = try members.required("queues")
    otherQueues = try members.optional("other_queues")
    transmit = try members.optional("transmit")
    pagePools = try members.required("page_pools")
    link = try members.optional("link")
    absent = try members.required("absent")
  }
}

extension NetworkQueueReport: ReportPart {
  package func json() -> JSONValue {
    var object = JSONObject()
    object["queue"] = queue.json()
    object["napi"] = napi?.json()
    object["interrupt"] = interrupt?.json()
    object["thread"] = thread?.json()
    if !cpus.isEmpty { object["cpus"] = cpus.json() }
    object["counters"] = counters?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(queue: try members.required("queue"))
    napi = try members.optional("napi")
    interrupt = try members.optional("interrupt")
    thread = try members.optional("thread")
    cpus = try members.optional("cpus") ?? []
    counters = try members.optional("counters")
  }
}

extension QueueCountersReport: ReportPart {
  package func json() -> JSONValue {
    var object = JSONObject()
    object["packets"] = packets?.json()
    object["bytes"] = bytes?.json()
    object["allocation_failures"] = allocationFailures?.json()
    object["drops"] = drops?.json()
    object["overruns"] = overruns?.json()
    object["joined_packets"] = joinedPackets?.json()
    object["joined_bytes"] = joinedBytes?.json()
    object["joined_wire_packets"] = joinedWirePackets?.json()
    object["joined_wire_bytes"] = joinedWireBytes?.json()
    object["stops"] = stops?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init()
    packets = try members.optional("packets")
    bytes = try members.optional("bytes")
    allocationFailures = try members.optional("allocation_failures")
    drops = try members.optional("drops")
    overruns = try members.optional("overruns")
    joinedPackets = try members.optional("joined_packets")
    joinedBytes = try members.optional("joined_bytes")
    joinedWirePackets = try members.optional("joined_wire_packets")
    joinedWireBytes = try members.optional("joined_wire_bytes")
    stops = try members.optional("stops")
  }
}

extension PagePoolReport: ReportPart {
  package func json() -> JSONValue {
    var object = JSONObject()
    object["id"] = id.json()
    object["is_zero_copy"] = isZeroCopy.json()
    object["queue"] = queue?.json()
    object["in_flight"] = inFlight?.json()
    object["in_flight_bytes"] = inFlightBytes?.json()
    object["counters"] = counters?.json()
    return .object(object)
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init(id: try members.required("id"), isZeroCopy: try members.required("is_zero_copy"))
    queue = try members.optional("queue")
    inFlight = try members.optional("in_flight")
    inFlightBytes = try members.optional("in_flight_bytes")
    counters = try members.optional("counters")
  }
}

extension PagePoolCountersReport: ReportPart {
  package func json() -> JSONValue {
    .object([
      "fast_allocations": fastAllocations.json(),
      "slow_allocations": slowAllocations.json(),
      "empty_ring": emptyRing.json(),
      "recycled_to_cache": recycledToCache.json(),
      "recycled_to_ring": recycledToRing.json(),
      "ring_full": ringFull.json(),
      "released_in_use": releasedInUse.json(),
    ])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init()
    fastAllocations = try members.required("fast_allocations")
    slowAllocations = try members.required("slow_allocations")
    emptyRing = try members.required("empty_ring")
    recycledToCache = try members.required("recycled_to_cache")
    recycledToRing = try members.required("recycled_to_ring")
    ringFull = try members.required("ring_full")
    releasedInUse = try members.required("released_in_use")
  }
}

extension LinkCountersReport: ReportPart {
  package func json() -> JSONValue {
    .object([
      "received_packets": receivedPackets.json(),
      "received_bytes": receivedBytes.json(),
      "sent_packets": sentPackets.json(),
      "sent_bytes": sentBytes.json(),
      "receive_errors": receiveErrors.json(),
      "send_errors": sendErrors.json(),
      "receive_drops": receiveDrops.json(),
      "send_drops": sendDrops.json(),
      "receive_misses": receiveMisses.json(),
    ])
  }

  package init(json: JSONValue, path: String) throws(ReportError) {
    let members = try MemberReader(json, path: path)
    self.init()
    receivedPackets = try members.required("received_packets")
    receivedBytes = try members.required("received_bytes")
    sentPackets = try members.required("sent_packets")
    sentBytes = try members.required("sent_bytes")
    receiveErrors = try members.required("receive_errors")
    sendErrors = try members.required("send_errors")
    receiveDrops = try members.required("receive_drops")
    sendDrops = try members.required("send_drops")
    receiveMisses = try members.required("receive_misses")
  }
}
