/// Places that wait for their turn, first come first served. It has room for each place once and allocates only when there
/// are more places.
struct PlaceQueue: ~Copyable {
  private var places: UnsafeMutablePointer<Int>
  private var capacity: Int
  private var first = 0
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = capacity
    places = .allocate(capacity: capacity)
  }

  deinit {
    places.deallocate()
  }

  var isEmpty: Bool { count == 0 }

  /// There are so many places now.
  mutating func makeRoom(for newCapacity: Int) {
    guard newCapacity > capacity else { return }
    let larger = UnsafeMutablePointer<Int>.allocate(capacity: newCapacity)
    for index in 0..<count { larger[index] = places[(first + index) % capacity] }
    places.deallocate()
    (places, capacity, first) = (larger, newCapacity, 0)
  }

  /// - Parameter place: none that waits already.
  mutating func append(_ place: Int) {
    precondition(count < capacity, "a place waits once")
    places[(first + count) % capacity] = place
    count += 1
  }

  mutating func takeFirst() -> Int? {
    guard count > 0 else { return nil }
    let place = places[first]
    first = (first + 1) % capacity
    count -= 1
    return place
  }
}
