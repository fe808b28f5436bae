import Linux
import Testing

@testable import Benchmark

@Suite("Connections that wait")
struct WaitingRoomTests {
  private let zero = MonotonicTime(nanoseconds: 0)

  /// Unconnected sockets do: nobody reads from them here.
  private func stranger(_ arrival: UInt64, until seconds: Double) throws -> PendingConnection {
    PendingConnection(socket: try Socket(.ipv4), arrival: arrival, deadline: zero.adding(seconds: seconds))
  }

  @Test("A full lobby lets the one go that has waited longest, and never holds more")
  func lobbyIsBounded() throws {
    var lobby = Lobby(openFiles: 1_048_576)
    #expect(lobby.capacity == Lobby.mostWaiting)
    // The longest-waiting is not the first to be admitted here.
    let oldest = try stranger(1, until: 10)
    for arrival in 2...UInt64(lobby.capacity) {
      #expect(lobby.admit(try stranger(arrival, until: 10)) == nil)
      if arrival == 500 { #expect(lobby.admit(oldest) == nil) }
    }
    #expect(lobby.admit(try stranger(5000, until: 10))?.arrival == 1)
    #expect(lobby.admit(try stranger(5001, until: 10))?.arrival == 2)
    #expect(lobby.take(oldest.socket.number) == nil)
    #expect(lobby.takeExpired(at: zero.adding(seconds: 10)).count == lobby.capacity)
  }

  @Test("Strangers take at most half of the descriptors there are", arguments: [(1, 1), (7, 3), (1024, 512)])
  func lobbyLeavesDescriptors(openFiles: Int, capacity: Int) throws {
    #expect(Lobby(openFiles: openFiles).capacity == capacity)
  }

  @Test("Strangers are given up when their time has come, in the order they came")
  func lobbyExpires() throws {
    var lobby = Lobby(openFiles: 1024)
    #expect(lobby.deadline == nil)
    let (first, second, patient) = (try stranger(1, until: 2), try stranger(2, until: 1), try stranger(3, until: 5))
    for connection in [first, second, patient] { #expect(lobby.admit(connection) == nil) }
    #expect(lobby.deadline == zero.adding(seconds: 1))
    #expect(lobby.takeExpired(at: zero.adding(seconds: 0.999)).isEmpty)
    #expect(lobby.takeExpired(at: zero.adding(seconds: 2)).map(\.arrival) == [1, 2])
    #expect(lobby.deadline == zero.adding(seconds: 5))
    #expect(lobby.take(patient.socket.number)?.arrival == 3)
    #expect(lobby.take(patient.socket.number) == nil)
    lobby.putBack(patient)
    #expect(lobby.take(patient.socket.number)?.arrival == 3)
  }

  @Test("A farewell lasts until the peer has closed, its time is over, or it has sent too much")
  func farewells() throws {
    var farewells = LingeringCloses()
    let (closing, talking, silent) = (try LoopbackPair(), try LoopbackPair(), try LoopbackPair())
    for (pair, seconds) in [(closing, 9), (talking, 9), (silent, 1)] as [(LoopbackPair, Double)] {
      #expect(farewells.add(pair.far, keeping: nil, until: zero.adding(seconds: seconds)) == nil)
    }
    #expect(farewells.deadline == zero.adding(seconds: 1))
    #expect(farewells.isDone(silent.far.number, isReadByRing: false) == false)

    closing.near.shutDown(sending: true, receiving: false)
    try eventually("the peer's close arrives") { farewells.isDone(closing.far.number, isReadByRing: false) }
    farewells.remove(closing.far.number)
    #expect(farewells.isDone(closing.far.number, isReadByRing: false) == false, "it is forgotten")

    // 1 MiB is patience enough.
    var sent = 0
    try eventually("it has said too much") {
      sent += try talking.near.send([UInt8](repeating: 0, count: 65_536)[...])
      return farewells.isDone(talking.far.number, isReadByRing: false)
    }
    #expect(sent > 1 << 20)

    farewells.expire(at: zero.adding(seconds: 1))
    #expect(farewells.deadline == zero.adding(seconds: 9))
    farewells.remove(talking.far.number)
    #expect(farewells.isEmpty)
  }

  @Test("Farewells are at most 256; the one that would end first makes room")
  func farewellsAreBounded() throws {
    var farewells = LingeringCloses()
    let sockets = try (0..<256).map { _ in try Socket(.ipv4) }
    for (index, socket) in sockets.enumerated() {
      let deadline = zero.adding(seconds: index == 77 ? 1 : 2)
      #expect(farewells.add(socket, keeping: nil, until: deadline) == nil)
    }
    let evicted = farewells.add(try Socket(.ipv4), keeping: nil, until: zero.adding(seconds: 3))
    #expect(evicted?.number == sockets[77].number)
    #expect(farewells.deadline == zero.adding(seconds: 2))
  }
}
