import BoundedJSON

/// The members of a stock iperf3's document that are read here, each where a figure or a picture needs it.
enum IperfMembers {
  private static let numbers = [
    "end.sum_received.bits_per_second", "end.sum_received.bytes", "end.sum_received.seconds",
    "end.sum_sent.retransmits", "end.cpu_utilization_percent.host_total",
  ]
  private static let numbersOfInterval = ["sum.start", "sum.end", "sum.bytes", "sum.retransmits"]

  /// The first of them that no iperf3 writes so; nil of a document that can be read.
  static func problem(in document: JSONValue) -> ReportError? {
    if let error = document.at("error") {
      guard error.string != nil else { return .expected("a string", found: error, path: "error") }
    } else if document.at("end.sum_received") == nil, document.at("end.sum") == nil {
      return ReportError(
        path: "end.sum_received", problem: "is missing: this is no iperf3 document of a test that completed")
    }
    let counts = (document.at("intervals")?.array ?? []).compactMap { $0.at("sum.bytes")?.uint64Value }
    if UInt64(summing: counts) == nil {
      return ReportError(path: "intervals", problem: "has sum.bytes that make a sum beyond 2^64 - 1")
    }
    return problem(with: numbers, in: document)
      ?? problem(inEachOf: "intervals", in: document, with: numbersOfInterval)
      ?? problem(inEachOf: "end.streams", in: document, with: ["sender.mean_rtt"])
  }

  private static func problem(inEachOf list: String, in document: JSONValue, with paths: [String]) -> ReportError? {
    guard let value = document.at(list) else { return nil }
    guard let elements = value.array else { return .expected("an array", found: value, path: list) }
    for (index, element) in elements.enumerated() {
      let place = "\(list)[\(index)]"
      guard element.object != nil else { return .expected("an object", found: element, path: place) }
      if let problem = problem(with: paths, in: element, of: "\(place).") { return problem }
    }
    return nil
  }

  /// A member that is absent, or null as iperf3 writes what is no number, is not known.
  private static func problem(with paths: [String], in value: JSONValue, of parent: String = "") -> ReportError? {
    for path in paths {
      if let problem = problem(onTheWayTo: path, in: value, of: parent) { return problem }
      guard let member = value.at(path), member != .null else { continue }
      guard let number = member.doubleValue, number >= 0 else {
        return .expected("a number from 0 on", found: member, path: parent + path)
      }
    }
    return nil
  }

  /// The first of the members that `path` leads through that is there and no object: below it everything would be missing.
  private static func problem(onTheWayTo path: String, in value: JSONValue, of parent: String) -> ReportError? {
    let keys = path.split(separator: ".")
    for count in 1..<max(1, keys.count) {
      let name = keys.prefix(count).joined(separator: ".")
      guard let member = value.at(name), member != .null else { continue }
      guard member.object != nil else { return .expected("an object", found: member, path: parent + name) }
    }
    return nil
  }
}
