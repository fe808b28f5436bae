/// The members of a JSON object, in order, with unique keys.
public struct JSONObject: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  /// The members in the order they were added.
  public private(set) var members: [(key: String, value: JSONValue)]

  public init() {
    members = []
  }

  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self.init()
    for (key, value) in elements { self[key] = value }
  }

  /// Reads the member `key`; assigning replaces it in place or appends it, and assigning nil removes it.
  ///
  /// Lookup walks the members: objects of this project are small, and the parser bounds those of a peer.
  public subscript(key: String) -> JSONValue? {
    get { members.first { $0.key == key }?.value }
    set {
      let index = members.firstIndex { $0.key == key }
      switch (index, newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append((key, value))
      case (nil, nil): break
      }
    }
  }

  /// Appends a member whose key is known to be absent, without looking for it.
  package mutating func append(uniqueKey key: String, _ value: JSONValue) {
    members.append((key, value))
  }

  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.elementsEqual(right.members) { $0.key == $1.key && $0.value == $1.value }
  }
}
