/// What NAPI defers, as a change of a lease.
extension LeaseChange {
  /// Whose deferral it is.
  public enum DeferralPlace: Sendable, Equatable {
    /// That of the NAPI instance of a receive queue. Which that is may change; nil where the queue is to be made yet.
    case queue(Int, napi: UInt32?)
    /// That of all instances of the device.
    case device
  }

  /// The command that sets it.
  static func command(_ place: DeferralPlace, to deferral: NAPIDeferral, for interface: String) -> String {
    switch place {
    case .device: return DeviceDeferral.command(interface, to: deferral)
    case .queue(let queue, let napi):
      let members = [
        "\"id\": \(napi.map { "\($0)" } ?? "NAPI-OF-QUEUE-\(queue)")",
        deferral.deferHardIRQs.map { "\"defer-hard-irqs\": \($0)" },
        deferral.groFlushTimeout.map { "\"gro-flush-timeout\": \($0)" },
      ]
      let json = members.compactMap { $0 }.joined(separator: ", ")
      return "ynl --family netdev --do napi-set --json '{\(json)}'"
    }
  }

  /// What is deferred there now; nil where it cannot be read.
  static func deferral(at place: DeferralPlace, in state: InterfaceState) -> NAPIDeferral? {
    switch place {
    case .device: state.deviceDeferral.value
    case .queue(let queue, _): state.queueDeferrals.value?[queue]?.deferral
    }
  }

  static func absence(of place: DeferralPlace, in state: InterfaceState) -> String? {
    switch place {
    case .device: return state.deviceDeferral.absence
    case .queue(let queue, _):
      if let absence = state.queueDeferrals.absence { return absence }
      return state.queueDeferrals.value?[queue] == nil ? "queue \(queue) has no NAPI instance now" : nil
    }
  }

  /// What users have set for NAPI instances, as changes to what is there already: they change nothing, and put it back on
  /// the instances that are made meanwhile. New ones begin with what is set for the device.
  static func kept(in state: InterfaceState) -> [LeaseChange] {
    let begin = state.deviceDeferral.value ?? NAPIDeferral(deferHardIRQs: 0, groFlushTimeout: 0)
    return (state.queueDeferrals.value ?? [:]).sorted { $0.key < $1.key }.compactMap { queue, present in
      let set = present.deferral.differing(from: begin)
      return set.isEmpty ? nil : .deferral(.queue(queue, napi: present.napi), from: set, to: set)
    }
  }

  /// Whether the queue has another NAPI instance than when the change was made, which nobody has set anything for.
  private static func isNew(_ place: DeferralPlace, in state: InterfaceState) -> Bool {
    guard case .queue(let queue, let napi) = place, let present = state.queueDeferrals.value?[queue] else {
      return false
    }
    let begin = state.deviceDeferral.value ?? NAPIDeferral(deferHardIRQs: 0, groFlushTimeout: 0)
    return napi != present.napi && present.deferral.restricted(to: begin) == begin
  }

  /// What is left to do to undo it, member by member, and what somebody else has set meanwhile.
  static func undoing(
    _ place: DeferralPlace, from: NAPIDeferral, to: NAPIDeferral, in state: InterfaceState
  ) -> (change: LeaseChange?, foreign: String?) {
    guard let present = deferral(at: place, in: state) else { return (nil, nil) }
    var (back, ours, foreign) = (NAPIDeferral(), NAPIDeferral(), NAPIDeferral())
    let isNew = isNew(place, in: state)
    func part<Value: Equatable>(_ member: WritableKeyPath<NAPIDeferral, Value?>) {
      guard let old = from[keyPath: member], let new = to[keyPath: member], old != new || isNew else { return }
      if present[keyPath: member] == old { return }
      if present[keyPath: member] == new || isNew {
        back[keyPath: member] = old
        ours[keyPath: member] = new
      } else {
        foreign[keyPath: member] = present[keyPath: member]
      }
    }
    part(\.deferHardIRQs)
    part(\.groFlushTimeout)
    let change = LeaseChange.deferral(current(place, in: state), from: ours, to: back)
    return (back.isEmpty ? nil : change, foreign.isEmpty ? nil : foreign.words)
  }

  /// The same place with the instance that the queue has now.
  private static func current(_ place: DeferralPlace, in state: InterfaceState) -> DeferralPlace {
    guard case .queue(let queue, _) = place else { return place }
    return .queue(queue, napi: state.queueDeferrals.value?[queue]?.napi)
  }
}
