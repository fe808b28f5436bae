import Linux
import SystemPackage
import Testing

@testable import NetworkInterface

@Suite("What NAPI defers, in a lease")
struct LeaseDeferralTests {
  static let ofQueue = LeaseChange.deferral(
    .queue(7, napi: nil), from: .init(deferHardIRQs: 0, groFlushTimeout: 0),
    to: .init(deferHardIRQs: 100, groFlushTimeout: .max))
  static let ofDevice = LeaseChange.deferral(
    .device, from: .init(groFlushTimeout: 20_000), to: .init(groFlushTimeout: 200_000))

  /// All else is as it must be for queues 6 and 7.
  private static func state(_ change: (inout InterfaceState) -> Void = { _ in }) -> InterfaceState {
    LeaseStates.change(LeaseStates.ready) { state in
      state.spreading = .known(ReceiveSideScaling(table: [0, 1, 2, 3, 4, 5, 0, 1]))
      let none = NAPIDeferral(deferHardIRQs: 0, groFlushTimeout: 0)
      state.queueDeferrals = .known(
        Dictionary(uniqueKeysWithValues: (0..<8).map { ($0, QueueDeferral(napi: UInt32(8193 + $0), none)) }))
      state.deviceDeferral = .known(none)
      change(&state)
    }
  }

  private static func wish(_ queues: [Int], _ count: UInt32?, _ timeout: UInt64?) -> LeaseWish {
    var wish = LeaseWish(queues: queues)
    wish.deferral = NAPIDeferral(deferHardIRQs: count, groFlushTimeout: timeout)
    return wish
  }

  private func commands(_ wish: LeaseWish, _ state: InterfaceState) throws -> [String] {
    try LeasePlan.make(wish, in: state).commands(for: "eth0")
  }

  @Test("It is planned for the NAPI of each queue, and only what is not as wished")
  func queues() throws {
    let wish = LeaseDeferralTests.wish([6, 7], 100, 200_000)
    #expect(
      try commands(wish, LeaseDeferralTests.state()) == [
        #"ynl --family netdev --do napi-set --json '{"id": 8199, "defer-hard-irqs": 100, "gro-flush-timeout": 200000}'"#,
        #"ynl --family netdev --do napi-set --json '{"id": 8200, "defer-hard-irqs": 100, "gro-flush-timeout": 200000}'"#,
      ])
    let half = LeaseDeferralTests.state { state in
      state.queueDeferrals = .known([
        6: QueueDeferral(napi: 8199, wish.deferral),
        7: QueueDeferral(napi: 8200, .init(deferHardIRQs: 100, groFlushTimeout: 0)),
      ])
    }
    #expect(
      try commands(wish, half) == [
        #"ynl --family netdev --do napi-set --json '{"id": 8200, "gro-flush-timeout": 200000}'"#
      ])
    #expect(try commands(LeaseDeferralTests.wish([7], nil, nil), LeaseDeferralTests.state()) == [])
  }

  @Test("Queues that share an instance set it once")
  func shared() throws {
    let state = LeaseDeferralTests.state { state in
      let shared = QueueDeferral(napi: 8200, .init(deferHardIRQs: 0, groFlushTimeout: 0))
      state.queueDeferrals = .known([6: shared, 7: shared])
    }
    #expect(try commands(LeaseDeferralTests.wish([6, 7], nil, 5), state).count == 1)
  }

  @Test("A kernel that cannot by instance is told by sysfs, for the device")
  func device() throws {
    let state = LeaseDeferralTests.state { $0.queueDeferrals = .notOffered("NETDEV_CMD_NAPI_SET") }
    #expect(
      try commands(LeaseDeferralTests.wish([6, 7], 2, 20_000), state) == [
        "echo 2 > /sys/class/net/eth0/napi_defer_hard_irqs; echo 20000 > /sys/class/net/eth0/gro_flush_timeout"
      ])
  }

  @Test("A queue that is to be made yet is named by its number")
  func later() throws {
    let commands = try commands(LeaseDeferralTests.wish([8], nil, 5), LeaseDeferralTests.state())
    #expect(
      commands.contains(#"ynl --family netdev --do napi-set --json '{"id": NAPI-OF-QUEUE-8, "gro-flush-timeout": 5}'"#))
    #expect(commands.first?.hasPrefix("ethtool -L eth0 combined 9") == true)
  }

  @Test("Refused: where nothing can set it, where no instance is told, and a count without a timeout")
  func refusals() {
    func refusal(_ wish: LeaseWish, _ change: (inout InterfaceState) -> Void = { _ in }) -> LeaseRefusal? {
      do throws(LeaseRefusal) {
        _ = try LeasePlan.make(wish, in: LeaseDeferralTests.state(change))
        return nil
      } catch {
        return error
      }
    }
    let old = refusal(LeaseDeferralTests.wish([7], 2, 5)) {
      $0.queueDeferrals = .notOffered("NETDEV_CMD_NAPI_SET")
      $0.deviceDeferral = .notOffered("napi_defer_hard_irqs")
    }
    #expect(old?.reason == .noDeferral && old?.isUnsupported == true)
    #expect(old?.what.contains("NETDEV_CMD_NAPI_SET") == true)
    let untold = refusal(LeaseDeferralTests.wish([7], 2, 5)) { $0.queueDeferrals = .known([:]) }
    #expect(untold?.reason == .noDeferral && untold?.what.contains("queue 7") == true)
    let useless = refusal(LeaseDeferralTests.wish([7], 2, nil))
    #expect(useless?.reason == .deferralWithoutTimeout && useless?.isUsage == true)
    #expect(refusal(LeaseDeferralTests.wish([7], 0, nil)) == nil)
  }

  /// A driver that restarts a queue, or sets its rings, gives every queue another instance.
  private static func restart(_ device: SimulatedDevice) {
    let begin = device.state.deviceDeferral.value ?? NAPIDeferral()
    device.state.queueDeferrals = device.state.queueDeferrals.map { queues in
      queues.mapValues { QueueDeferral(napi: $0.napi + 100, begin) }
    }
  }

  @Test("What a driver forgets with a new instance is set again, a user's own put back", arguments: [true, false])
  func madeAnew(isAskedFor: Bool) throws {
    let users = NAPIDeferral(deferHardIRQs: 5, groFlushTimeout: 90_000)
    let folder = try JournalFolder()
    let state = LeaseDeferralTests.state { state in
      state.driver = "gve"
      state.queueDeferrals = state.queueDeferrals.map { queues in
        var queues = queues
        for queue in [2, 7] { queues[queue]?.deferral = users }
        return queues
      }
    }
    let device = SimulatedDevice(state)
    let wish = LeaseDeferralTests.wish([7], isAskedFor ? 100 : nil, isAskedFor ? 200_000 : nil)
    let lease = try acquire(device, folder, wish)
    LeaseDeferralTests.restart(device)
    try lease.holdDeferrals()
    let during = try #require(device.state.queueDeferrals.value)
    #expect(during[7]?.deferral == (isAskedFor ? NAPIDeferral(deferHardIRQs: 100, groFlushTimeout: 200_000) : users))
    #expect(during[2]?.deferral == users)
    LeaseDeferralTests.restart(device)
    #expect(lease.release() == [])
    let after = try #require(device.state.queueDeferrals.value)
    #expect(after.mapValues(\.deferral) == state.queueDeferrals.value?.mapValues(\.deferral))
  }

  @Test("What does not hold on the new instances is an error")
  func doesNotHold() throws {
    let folder = try JournalFolder()
    let device = SimulatedDevice(LeaseDeferralTests.state { $0.driver = "gve" })
    let lease = try acquire(device, folder, LeaseDeferralTests.wish([7], 100, 200_000))
    LeaseDeferralTests.restart(device)
    device.ignoresRequest = device.applied.count + 1
    #expect(throws: LeaseError.self) { try lease.holdDeferrals() }
  }

  @Test("Of another driver's instances nothing is written down that nobody changes")
  func others() throws {
    let state = LeaseDeferralTests.state { state in
      state.queueDeferrals = state.queueDeferrals.map { queues in
        queues.mapValues { QueueDeferral(napi: $0.napi, .init(deferHardIRQs: 5, groFlushTimeout: 90_000)) }
      }
    }
    #expect(try LeasePlan.make(LeaseDeferralTests.wish([7], nil, nil), in: state).changes == [])
  }

  private func acquire(_ device: SimulatedDevice, _ folder: JournalFolder, _ wish: LeaseWish) throws -> InterfaceLease {
    try InterfaceLease.acquire(
      wish, device, JournalFolder.identity, LeaseEnvironment(directory: folder.path, guardian: nil)
    ) { _ in }
  }

  @Test("A lease sets it and puts it back, by queue and for the device", arguments: [true, false])
  func life(byQueue: Bool) throws {
    let folder = try JournalFolder()
    let state = LeaseDeferralTests.state { if !byQueue { $0.queueDeferrals = .notOffered("NETDEV_CMD_NAPI_SET") } }
    let device = SimulatedDevice(state)
    let lease = try acquire(device, folder, LeaseDeferralTests.wish([7], 100, 200_000))
    #expect(device.state != state && device.applied.count == 1)
    #expect(lease.release() == [])
    #expect(device.state == state && folder.files == [])
  }

  @Test("Where the queue has another instance by then, that one is put back")
  func otherInstance() throws {
    let folder = try JournalFolder()
    let device = SimulatedDevice(LeaseDeferralTests.state())
    let lease = try acquire(device, folder, LeaseDeferralTests.wish([7], 100, 200_000))
    device.state.queueDeferrals = device.state.queueDeferrals.map { queues in
      queues.mapValues { QueueDeferral(napi: $0.napi + 100, $0.deferral) }
    }
    #expect(lease.release() == [])
    guard case .deferral(let place, _, _)? = device.applied.last else {
      Issue.record("nothing was put back")
      return
    }
    #expect(place == .queue(7, napi: 8300))
    #expect(device.state.queueDeferrals.value?[7]?.deferral == .init(deferHardIRQs: 0, groFlushTimeout: 0))
  }

  @Test("What somebody else has set meanwhile stays, and the rest is put back")
  func foreign() throws {
    let folder = try JournalFolder()
    let device = SimulatedDevice(LeaseDeferralTests.state())
    let lease = try acquire(device, folder, LeaseDeferralTests.wish([7], 100, 200_000))
    device.set(.queue(7, napi: nil), .init(groFlushTimeout: 999))
    let remarks = lease.release()
    #expect(remarks.map(\.kind) == [.leftAlone] && remarks[0].description.contains("gro-flush-timeout 999"))
    #expect(device.state.queueDeferrals.value?[7]?.deferral == .init(deferHardIRQs: 0, groFlushTimeout: 999))
  }

  @Test("A queue without an instance now is not put back, which is said, and the journal keeps it")
  func gone() throws {
    let folder = try JournalFolder()
    let device = SimulatedDevice(LeaseDeferralTests.state())
    let lease = try acquire(device, folder, LeaseDeferralTests.wish([7], 100, 200_000))
    device.state.queueDeferrals = .known([:])
    let remarks = lease.release()
    #expect(
      remarks.map(\.kind) == [.notRestored] && remarks[0].description.contains("queue 7 has no NAPI instance now"))
    #expect(folder.files.count == 1)
  }

  @Test("The device's setting is read and written as sysfs has it (constructed); of another interface nothing is read")
  func sysfs() throws {
    let refusal = #expect(throws: SystemCallError.self) {
      try DeviceDeferral.read("nosuch0", index: 4_000_000, classDirectory: "/nonexistent")
    }
    #expect(refusal?.errno == .noSuchFileOrDirectory)
    #expect(
      try DeviceDeferral.read("lo", index: 1).groFlushTimeout != nil, "every interface has the files, lo among them")
  }
}
