import BoundedJSON
import Uring

extension ZeroCopyQueue {
  /// What the kernel made of the request.
  var facts: JSONObject {
    [
      "zcrx_id": .count(identifier),
      "rq_entries": .count(refill.capacity),
      "rx_buf_len": .count(bufferLength),
      "area_size": .count(areaSize),
      "area_token": .count(areaToken),
      "area": .string(options.areaKind.rawValue),
      "region": .string(options.region.rawValue),
      "events": .bool(armedEvents == .all),
      "statistics": .bool(statistics != nil),
      "dropped": dropped.json,
    ]
  }
}
