import BoundedJSON

/// The way to one value of a JSON document, and documents with another value there.
struct MemberPath {
  enum Step {
    case key(String)
    case element(Int)
  }

  var steps: [Step] = []

  func appending(_ step: Step) -> MemberPath { MemberPath(steps: steps + [step]) }

  /// As errors name it: `streams[0].tcp.rtt_us`.
  var text: String {
    steps.reduce("") { text, step in
      switch step {
      case .key(let key): text.isEmpty ? key : "\(text).\(key)"
      case .element(let index): "\(text)[\(index)]"
      }
    }
  }

  /// The same without the numbers of elements: members that are alike.
  var kind: String {
    steps.map { step in
      if case .key(let key) = step { key } else { "[]" }
    }.joined(separator: ".")
  }

  /// Every value inside of `value`; of an array its first element and its last.
  static func all(in value: JSONValue, from path: MemberPath = MemberPath()) -> [(path: MemberPath, value: JSONValue)] {
    let inside: [(Step, JSONValue)] =
      switch value {
      case .object(let object): object.members.map { (.key($0.key), $0.value) }
      case .array(let elements):
        Set([0, elements.count - 1]).filter(elements.indices.contains).sorted().map { (.element($0), elements[$0]) }
      default: []
      }
    return inside.flatMap { step, value in
      let path = path.appending(step)
      return [(path, value)] + all(in: value, from: path)
    }
  }

  /// `document` with `value` in this place; nil removes what is there.
  func setting(_ value: JSONValue?, in document: JSONValue) -> JSONValue {
    guard let step = steps.first else { return value ?? .null }
    let rest = MemberPath(steps: Array(steps.dropFirst()))
    switch (step, document) {
    case (.key(let key), .object(var object)):
      object[key] = rest.steps.isEmpty ? value : object[key].map { rest.setting(value, in: $0) }
      return .object(object)
    case (.element(let index), .array(var elements)):
      if rest.steps.isEmpty, value == nil {
        elements.remove(at: index)
      } else {
        elements[index] = rest.setting(value, in: elements[index])
      }
      return .array(elements)
    default:
      return document
    }
  }
}
