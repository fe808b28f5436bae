import BoundedJSON
import NetworkInterface

/// The state of a NIC as one JSON document, as docs/nic.md describes it. What is absent is null, with its reason in
/// `absent`.
enum NICDocument {
  static func document(for state: NICState) -> JSONValue {
    var document: JSONObject = [
      "interface": .string(state.identity.name),
      "index": number(state.identity.index),
      "kind": text(state.identity.kind),
      "receive_queues_capacity": number(state.identity.receiveQueueCapacity),
      "link": link(state.link),
      "placement": .object([
        "numa_node": number(state.placement.numaNode), "iommu_group": number(state.placement.iommuGroup),
      ]),
    ]
    var absent = JSONObject()
    func add<Value>(_ key: String, _ reading: Reading<Value>, _ convert: (Value) -> JSONValue) {
      document[key] = reading.value.map(convert) ?? .null
      if let reason = reading.absence { absent[key] = .string(reason) }
    }
    add("driver", state.driver, driver)
    add("channels", state.channels, channels)
    add("rings", state.rings, rings)
    add("features", state.features, features)
    add("rss", state.spreading, spreading)
    add("rss_contexts", state.furtherSpreading) { list($0, spreading) }
    add("flow_rules", state.flowRules, NICRuleDocument.table)
    add("xdp_features", state.device) { list($0.expressDataPathFeatureNames) { .string($0) } }
    add("queues", state.queues) { list($0, queue) }
    add("napis", state.napis) { list($0, napi) }
    document["interrupts"] = list(state.interrupts) { interrupt in
      .object([
        "number": number(interrupt.number), "cpus": list(interrupt.allowed) { number($0) },
        "effective_cpus": interrupt.effective.map { list($0) { number($0) } } ?? .null,
      ])
    }
    add("page_pools", state.pagePools) { list($0, pagePool) }
    add("page_pool_statistics", state.pagePoolStatistics) { list($0, pagePoolStatistics) }
    add("queue_statistics", state.queueStatistics) { list($0, queueStatistics) }
    add("driver_statistics", state.driverStatistics) {
      list($0) { .object(["name": .string($0.name), "value": .unsigned($0.value)]) }
    }
    document["absent"] = .object(absent)
    return .object(document)
  }

  private static func link(_ link: LinkState) -> JSONValue {
    .object([
      "up": .bool(link.isUp),
      "carrier": link.hasCarrier.map(JSONValue.bool) ?? .null,
      "state": .string(link.operationalState),
      "speed_mbps": number(link.speed),
      "mtu": number(link.mtu),
      "address": text(link.address),
      "permanent_address": text(link.permanentAddress),
      "xdp": link.expressDataPath.map {
        .object(["mode": .string(NICText.name(of: $0.mode)), "programs": list($0.programs) { number($0) }])
      } ?? .null,
    ])
  }

  private static func driver(_ driver: DriverInformation) -> JSONValue {
    .object([
      "driver": .string(driver.driver), "version": text(driver.version), "firmware": text(driver.firmware),
      "bus": text(driver.bus),
    ])
  }

  private static func channels(_ channels: ChannelCounts) -> JSONValue {
    .object([
      "rx": number(channels.receive), "rx_max": number(channels.receiveMaximum),
      "tx": number(channels.transmit), "tx_max": number(channels.transmitMaximum),
      "other": number(channels.other), "other_max": number(channels.otherMaximum),
      "combined": number(channels.combined), "combined_max": number(channels.combinedMaximum),
    ])
  }

  private static func rings(_ rings: RingParameters) -> JSONValue {
    .object([
      "rx": number(rings.receive), "rx_max": number(rings.receiveMaximum),
      "rx_mini": number(rings.receiveMini), "rx_mini_max": number(rings.receiveMiniMaximum),
      "rx_jumbo": number(rings.receiveJumbo), "rx_jumbo_max": number(rings.receiveJumboMaximum),
      "tx": number(rings.transmit), "tx_max": number(rings.transmitMaximum),
      "rx_buf_len": number(rings.receiveBufferLength),
      "cqe_size": number(rings.completionEntrySize),
      "tcp_data_split": text(rings.tcpDataSplit.map(NICText.name)),
      "hds_thresh": number(rings.headerDataSplitThreshold),
      "hds_thresh_max": number(rings.headerDataSplitThresholdMaximum),
    ])
  }

  private static func features(_ features: FeatureStates) -> JSONValue {
    var object = JSONObject()
    for name in FeatureStates.receive {
      object[name] = .object([
        "active": .bool(features.active.contains(name)), "wanted": .bool(features.wanted.contains(name)),
        "changeable": .bool(features.canChange(name)),
      ])
    }
    return .object(object)
  }

  private static func spreading(_ spreading: ReceiveSideScaling) -> JSONValue {
    .object([
      "context": number(spreading.context),
      "table": list(spreading.table) { number($0) },
      "hash_function": text(spreading.hashFunctionName),
      "key": spreading.key.isEmpty
        ? .null : .string(spreading.key.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")),
      "input_xfrm": number(spreading.transformation),
    ])
  }

  private static func queue(_ queue: QueueState) -> JSONValue {
    .object([
      "type": .string(queue.direction == .receive ? "rx" : "tx"),
      "id": number(queue.number),
      "napi_id": number(queue.napi),
      "dmabuf": number(queue.dmaBuffer),
      "io_uring": queue.ring.map { .object(["rx_buf_len": number($0.receiveBufferLength)]) } ?? .null,
      "xsk": .bool(queue.isExpressDataPathSocket),
      "lease": queue.lease.map {
        .object([
          "index": number($0.interfaceIndex), "queue": number($0.queue), "namespace": number($0.namespace),
        ])
      } ?? .null,
    ])
  }

  private static func napi(_ napi: NAPIState) -> JSONValue {
    .object([
      "id": number(napi.id), "irq": number(napi.interrupt), "thread": number(napi.thread),
      "threaded": number(napi.threaded), "defer_hard_irqs": number(napi.deferredInterrupts),
      "gro_flush_timeout_ns": number(napi.groFlushNanoseconds),
      "irq_suspend_timeout_ns": number(napi.interruptSuspendNanoseconds),
    ])
  }

  private static func pagePool(_ pool: PagePoolState) -> JSONValue {
    .object([
      "id": number(pool.id), "napi_id": number(pool.napi), "inflight_pages": number(pool.inFlight),
      "inflight_bytes": number(pool.inFlightBytes), "detach_seconds": number(pool.detachSeconds),
      "dmabuf": number(pool.dmaBuffer), "io_uring": .bool(pool.isRingProvided),
    ])
  }

  private static func pagePoolStatistics(_ pool: PagePoolStatistics) -> JSONValue {
    .object([
      "id": number(pool.pool), "alloc_fast": number(pool.fastAllocations), "alloc_slow": number(pool.slowAllocations),
      "alloc_slow_high_order": number(pool.slowHighOrderAllocations), "alloc_empty": number(pool.emptyRing),
      "alloc_refill": number(pool.refills), "alloc_waive": number(pool.waived),
      "recycle_cached": number(pool.recycledToCache), "recycle_cache_full": number(pool.cacheFull),
      "recycle_ring": number(pool.recycledToRing), "recycle_ring_full": number(pool.ringFull),
      "recycle_released_refcnt": number(pool.releasedInUse),
    ])
  }

  private static func queueStatistics(_ statistics: QueueStatistics) -> JSONValue {
    var object: JSONObject = [
      "type": .string(statistics.direction == .receive ? "rx" : "tx"), "id": number(statistics.queue),
    ]
    for counter in QueueCounter.allCases {
      object[counter.name] = statistics.counters[counter].map(JSONValue.unsigned)
    }
    return .object(object)
  }

  static func number<Number: BinaryInteger>(_ number: Number?) -> JSONValue {
    guard let number else { return .null }
    return Int64(exactly: number).map(JSONValue.integer) ?? .unsigned(UInt64(clamping: number))
  }

  static func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }

  static func list<Element>(_ elements: [Element], _ convert: (Element) -> JSONValue) -> JSONValue {
    .array(elements.map(convert))
  }
}
