import Glibc
import Linux
import SystemPackage
import Testing

@testable import NetworkInterface

@Suite("Queues and NAPI instances as the kernel tells them")
struct NetdevReadingTests {
  private func queue(_ more: (Int32, [UInt8])...) -> NetlinkAttributes {
    let values: [(Int32, [UInt8])] = [(1, word(3)), (2, word(7)), (3, word(0))] + more
    return NetlinkAttributes(values.flatMap { NetlinkMessageBytes.attribute(UInt16($0.0), $0.1) }[...])
  }

  @Test("Recorded queues: one of each direction, one with a NAPI instance, held by nobody")
  func recorded() {
    let states = RecordedAnswers.queues.map { QueueState(attributes($0)) }
    #expect(
      states == [
        QueueState(interfaceIndex: 4, number: 0, direction: .receive, napi: 257),
        QueueState(interfaceIndex: 4, number: 0, direction: .transmit),
      ])
    #expect(states.allSatisfy { $0?.holder == nil })
  }

  @Test("Constructed queues name their holders (netdev.h of Linux 7.3)")
  func holders() {
    let empty = QueueState(queue((6, [])))
    #expect(empty?.ring == QueueState.RingProvider())
    #expect(empty?.holder == "an io_uring (zero-copy receive)")
    let sized = QueueState(queue((6, NetlinkMessageBytes.attribute(1, word(16384)))))
    #expect(sized?.ring?.receiveBufferLength == 16384)
    #expect(QueueState(queue((5, word(12))))?.holder == "dma-buf binding 12 (device memory TCP)")
    #expect(QueueState(queue((7, [])))?.holder == "an AF_XDP socket")
    let lease = NetlinkMessageBytes.attribute(1, word(9))
    let nested = NetlinkMessageBytes.attribute(
      2, NetlinkMessageBytes.attribute(1, word(5)) + NetlinkMessageBytes.attribute(3, word(0)))
    #expect(QueueState(queue((8, lease + nested)))?.lease == QueueLease(interfaceIndex: 9, queue: 5))
    let bare = NetlinkMessageBytes.attribute(2, word(5)) + NetlinkMessageBytes.attribute(3, word(.max))
    #expect(QueueState(queue((8, lease + bare)))?.lease == QueueLease(interfaceIndex: 9, queue: 5, namespace: -1))
    #expect(QueueState(queue())?.holder == nil)
  }

  @Test("What cannot be told apart is no queue")
  func incomplete() {
    #expect(QueueState(constructed((1, word(0)), (2, word(1)))) == nil)
    #expect(QueueState(constructed((1, word(0)), (2, word(1)), (3, word(2)))) == nil)
    for message in RecordedAnswers.queues {
      for length in 0..<message.count { _ = QueueState(attributes(Array(message.prefix(length)))) }
    }
  }

  @Test("A recorded NAPI instance of a driver that tells no interrupt")
  func napi() throws {
    let state = try #require(NAPIState(attributes(RecordedAnswers.napi)))
    #expect(state.id == 257 && state.interfaceIndex == 4)
    #expect(state.interrupt == nil && state.thread == nil)
    #expect(state.threaded == 0 && state.deferredInterrupts == 0)
    #expect(state.groFlushNanoseconds == 0 && state.interruptSuspendNanoseconds == 0)
  }

  @Test("A constructed NAPI instance with times of 8 bytes (netdev.h of Linux 7.3)")
  func wideNAPI() throws {
    let state = try #require(
      NAPIState(
        constructed(
          (1, word(4)), (2, word(513)), (3, word(77)), (4, word(4242)),
          (6, NetlinkMessageBytes.bytes(UInt64(1) << 40)), (8, word(1)))))
    #expect(state.interrupt == 77 && state.thread == 4242 && state.threaded == 1)
    #expect(state.groFlushNanoseconds == 1 << 40)
  }

  @Test("A NAPI id leads to its receive queue, and to none where it serves several or is none")
  func locator() {
    func queue(_ number: Int, _ napi: UInt32?, _ direction: QueueDirection = .receive) -> QueueState {
      QueueState(interfaceIndex: 4, number: number, direction: direction, napi: napi)
    }
    let locator = QueueLocator([
      queue(0, 257), queue(1, 258), queue(2, 300), queue(3, 300), queue(4, nil), queue(1, 257, .transmit),
    ])
    #expect(locator.receiveQueue(of: 257) == 0)
    #expect(locator.receiveQueue(of: 258) == 1)
    #expect(locator.receiveQueue(of: 300) == nil)
    #expect(locator.receiveQueues(of: 300) == [2, 3])
    #expect(locator.receiveQueue(of: 0) == nil)
    #expect(locator.receiveQueue(of: 999) == nil)
    #expect(locator.napi(of: 1) == 258 && locator.napi(of: 4) == nil)
  }

  @Test("Waiting for a holder ends when it has gone, and names it when the time is up")
  func waiting() throws {
    var answers: [String?] = ["an io_uring", "an io_uring", nil]
    let gone = try ProviderBinding.waitUntilGone(seconds: 10) { () throws(SystemCallError) in answers.removeFirst() }
    #expect(gone == nil && answers.isEmpty)
    let clock = ContinuousClock()
    let start = clock.now
    let held = try ProviderBinding.waitUntilGone(seconds: 0.05) { () throws(SystemCallError) in "an io_uring" }
    #expect(held == "an io_uring")
    #expect(clock.now - start >= .milliseconds(50))
    let refusal = SystemCallError(attempt: "read", call: "NETDEV_CMD_QUEUE_GET", errno: .operationNotSupportedByDevice)
    #expect(throws: refusal) {
      try ProviderBinding.waitUntilGone(seconds: 1) { () throws(SystemCallError) in throw refusal }
    }
  }

  @Test("The loopback interface of this machine has a queue held by nobody, where the kernel tells")
  func loopback() throws {
    let index = if_nametoindex("lo")
    do throws(SystemCallError) {
      var socket = try NetdevSocket()
      let queues = try socket.queues(of: index)
      #expect(queues.contains { $0.number == 0 && $0.direction == .receive })
      #expect(try ProviderBinding.holder(of: 0, interface: index, through: &socket) == nil)
      #expect(try ProviderBinding.waitUntilGone(queue: 0, interface: index, through: &socket) == nil)
      #expect(try QueueLocator(interface: index, through: &socket).receiveQueue(of: 0) == nil)
    } catch {
      #expect(error.isNotOffered, "\(error)")
    }
  }

  @Test("A link: up or not, its XDP program, its addresses")
  func link() throws {
    func message(_ flags: UInt32, _ more: (Int, [UInt8])...) -> ArraySlice<UInt8> {
      ([0, 0, 1, 0] + word(4) + word(flags) + word(0)
        + more.flatMap { NetlinkMessageBytes.attribute(UInt16($0.0), $0.1) })[...]
    }
    let plain = try #require(
      LinkState(
        link: message(
          0x1003, (4, word(9000)), (33, [1]), (16, [6]), (1, [2, 0xFC, 0, 0, 0, 1]), (54, [2, 0, 0, 0, 0, 9]))))
    #expect(
      plain
        == LinkState(
          isUp: true, hasCarrier: true, operationalState: "up", mtu: 9000, address: "02:fc:00:00:00:01",
          permanentAddress: "02:00:00:00:00:09"))
    #expect(LinkState(link: message(0x1002))?.isUp == false)
    func program(_ mode: UInt8, _ ids: (UInt16, UInt32)...) -> ExpressDataPathProgram? {
      let nest =
        NetlinkMessageBytes.attribute(2, [mode]) + ids.flatMap { NetlinkMessageBytes.attribute($0.0, word($0.1)) }
      return LinkState(link: message(1, (43, nest)))?.expressDataPath
    }
    #expect(program(0) == nil)
    #expect(program(1, (4, 21), (5, 21)) == ExpressDataPathProgram(mode: .driver, programs: [21]))
    #expect(program(2, (4, 22), (6, 22)) == ExpressDataPathProgram(mode: .generic, programs: [22]))
    #expect(program(4, (5, 21), (6, 22)) == ExpressDataPathProgram(mode: .several, programs: [21, 22]))
    #expect(LinkState(link: [0, 0, 1]) == nil)
    var socket = try RouteSocket()
    #expect(try socket.linkState(named: "lo")?.expressDataPath == nil)
    #expect(try socket.linkState(named: "nonexistent0") == nil)
  }
}
