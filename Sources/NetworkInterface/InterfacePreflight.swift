import Linux
import SystemPackage

/// What "-i NAME -q LIST" refers to, found to exist. Nothing is changed, and no privilege is needed.
public struct InterfacePreflight: Sendable, Equatable {
  public let identity: InterfaceIdentity
  /// Nil where the driver has no channels; the queues are then those it has room for.
  public let channels: ChannelCounts?
  /// The queues asked for, or the last one.
  public let queues: [Int]

  /// Receive queues of the interface.
  public var receiveQueues: Int { channels?.receiveQueues ?? identity.receiveQueueCapacity }

  /// Looks `interface` up in the network namespace of the calling thread and checks `queues` against it.
  /// - Parameters:
  ///   - interface: its name.
  ///   - queues: as typed after -q; nil for the last queue.
  public static func check(interface: String, queues: String?) throws(InterfaceProblem) -> InterfacePreflight {
    let list = try queues.map { text throws(InterfaceProblem) in
      do throws(QueueListError) {
        return try QueueList.parse(text)
      } catch {
        throw .malformedQueueList(error)
      }
    }
    let identity = try identity(of: interface)
    do throws(InterfaceProblem) {
      return try InterfacePreflight(identity: identity, channels: channels(of: identity), list: list)
    } catch {
      guard case .queueOutOfRange(_, let queue, _) = error,
        let stacked = Reading({ () throws(SystemCallError) in try StackedInterface.read(identity) }).value ?? nil
      else { throw error }
      throw .queueOfLowerDevice(queue: queue, stacked)
    }
  }

  init(identity: InterfaceIdentity, channels: ChannelCounts?, list: QueueList?) throws(InterfaceProblem) {
    self.identity = identity
    self.channels = channels
    let count = channels?.receiveQueues ?? identity.receiveQueueCapacity
    let wanted = list?.queues ?? [max(0, count - 1)]
    if let queue = wanted.first(where: { $0 >= count }) {
      throw .queueOutOfRange(interface: identity.name, queue: queue, count: count)
    }
    self.queues = wanted
  }

  /// The facts in one line: "eth0 (virtio_net, up, MTU 1500) has 1 receive queue (0)".
  public var summary: String {
    let what = identity.driver ?? identity.kind ?? "no driver"
    let state = identity.isUp ? "up" : "down"
    return "\(identity.name) (\(what), \(state), MTU \(identity.mtu)) has \(InterfaceProblem.queues(receiveQueues))"
  }

  static func identity(of name: String) throws(InterfaceProblem) -> InterfaceIdentity {
    let existing: [String]
    do throws(SystemCallError) {
      var socket = try RouteSocket()
      if let identity = try socket.interface(named: name) { return identity }
      existing = try socket.interfaceNames()
    } catch {
      throw .system(error)
    }
    throw .noSuchInterface(name, existing: existing)
  }

  private static func channels(of identity: InterfaceIdentity) throws(InterfaceProblem) -> ChannelCounts? {
    do throws(SystemCallError) {
      var socket = try EthtoolSocket()
      return try socket.channels(of: identity.name)
    } catch {
      // A driver without channels, or a kernel without the ethtool family.
      if error.errno == .notSupported || error.isNotOffered { return nil }
      throw .system(error)
    }
  }
}
