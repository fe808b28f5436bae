import Glibc
import Linux
import SystemPackage
import Testing

@testable import NetworkInterface

/// A veth pair of two queues for each direction, alone in a namespace of its own.
@Suite("Setting things on a veth pair", .enabled(if: Privileged.namespacesWork(), "needs CAP_SYS_ADMIN"))
struct SettingTests {
  private func inside<Value: Sendable>(
    _ body: @escaping @Sendable () throws(SystemCallError) -> Value
  ) throws -> Value {
    let left = try NetworkNamespace()
    let right = try NetworkNamespace()
    try VethPair.create(
      left: left, VethPair.End(name: "zbset0", addresses: []), right: right,
      VethPair.End(name: "zbset1", addresses: []))
    return try left.run(body).get()
  }

  @Test("Channels that are there can be set, and beyond their maximum the kernel says why not")
  func channels() throws {
    let (before, after, refusal) = try inside { () throws(SystemCallError) in
      var socket = try EthtoolSocket()
      let before = try socket.channels(of: "zbset0")
      _ = try socket.setChannels(of: "zbset0", to: ChannelChange(receive: 1, transmit: 1))
      let after = try socket.channels(of: "zbset0")
      let refusal = Reading { () throws(SystemCallError) in
        try socket.setChannels(of: "zbset0", to: ChannelChange(combined: 4)).warning
      }
      return (before, after, refusal)
    }
    #expect(before.receiveMaximum >= 1)
    #expect((after.receive, after.transmit) == (1, 1))
    guard case .refused(let error) = refusal else {
      Issue.record("combined channels of a veth were accepted: \(refusal)")
      return
    }
    #expect(error.errno == .invalidArgument)
    #expect(error.kernelText == "requested channel count exceeds maximum")
    #expect(error.description.hasSuffix("the kernel says: requested channel count exceeds maximum"))
  }

  @Test("A feature is switched, one that cannot be is told to have stayed, an unknown one is refused")
  func features() throws {
    let (changed, state, stayed, unknown) = try inside { () throws(SystemCallError) in
      var socket = try EthtoolSocket()
      let was = try socket.features(of: "zbset0").active.contains("rx-gro")
      let changed = try socket.setFeatures(of: "zbset0", to: ["rx-gro": !was]).answer
      let state = (was, try socket.features(of: "zbset0").active.contains("rx-gro"))
      let stayed = try socket.setFeatures(of: "zbset0", to: ["rx-ntuple-filter": true]).answer
      let unknown = Reading { () throws(SystemCallError) in
        try socket.setFeatures(of: "zbset0", to: ["rx-frobnicate": true]).answer
      }
      return (changed, state, stayed, unknown)
    }
    #expect(state.1 == !state.0)
    #expect(changed.notAchieved.isEmpty)
    #expect(changed.changed["rx-gro"] == state.1)
    #expect(stayed.notAchieved == ["rx-ntuple-filter": true])
    #expect(stayed.changed.isEmpty)
    guard case .refused(let error) = unknown else {
      Issue.record("\(unknown)")
      return
    }
    #expect(error.kernelText == "bit name not found")
  }

  @Test("Rings a veth has not are refused, whichever of them is asked for")
  func rings() throws {
    let refusals = try inside { () throws(SystemCallError) in
      var socket = try EthtoolSocket()
      var refusals: [Errno?] = []
      for change in [
        RingChange(receive: 64), RingChange(tcpDataSplit: .enabled), RingChange(headerDataSplitThreshold: 0),
        RingChange(receiveBufferLength: 4096),
      ] {
        do throws(SystemCallError) {
          _ = try socket.setRings(of: "zbset0", to: change)
          refusals.append(nil)
        } catch {
          refusals.append(error.errno)
        }
      }
      return refusals
    }
    // Kernels before hds-thresh call its attribute invalid.
    #expect(refusals.allSatisfy { $0 == .notSupported || $0 == .invalidArgument })
  }

  @Test("Without the privilege nothing is set, and the refusal says what to do")
  func unprivileged() async {
    await #expect(processExitsWith: .success) {
      try #require(setgid(65534) == 0 && setuid(65534) == 0)
      do throws(SystemCallError) {
        var socket = try EthtoolSocket()
        _ = try socket.setFeatures(of: "lo", to: ["rx-gro": true])
        Issue.record("set without privileges")
      } catch {
        #expect(error.errno == .notPermitted)
        #expect(error.advice == "run as root, or with CAP_NET_ADMIN")
      }
    }
  }
}

/// Whether this process may do what needs privileges.
enum Privileged {
  static func namespacesWork() -> Bool {
    do throws(SystemCallError) {
      _ = try NetworkNamespace()
      return true
    } catch {
      return false
    }
  }
}
