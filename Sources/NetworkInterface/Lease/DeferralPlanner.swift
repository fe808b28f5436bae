/// The changes of what NAPI defers: by instance where the kernel can, for the device otherwise.
struct DeferralPlanner {
  let wish: LeaseWish
  let state: InterfaceState

  func plan() throws(LeaseRefusal) -> [LeaseChange] {
    guard !wish.deferral.isEmpty else { return [] }
    if let queues = state.queueDeferrals.value { return try plan(queues) }
    guard let device = state.deviceDeferral.value else {
      throw LeaseRefusal(
        .noDeferral,
        "what NAPI of \(state.interface) defers cannot be set: by queue \(state.queueDeferrals.absence ?? "unknown"); "
          + "for the device \(state.deviceDeferral.absence ?? "unknown")")
    }
    return try change(.device, from: device).map { [$0] } ?? []
  }

  private func plan(_ known: [Int: QueueDeferral]) throws(LeaseRefusal) -> [LeaseChange] {
    var changes: [LeaseChange] = []
    var planned: Set<UInt32> = []
    for queue in wish.queues {
      if let present = known[queue] {
        // Queues may share an instance.
        guard planned.insert(present.napi).inserted else { continue }
        changes += try change(.queue(queue, napi: present.napi), from: present.deferral).map { [$0] } ?? []
      } else if queue < state.receiveQueues {
        throw LeaseRefusal(.noDeferral, "the NAPI instance of queue \(queue) of \(state.interface) is not told")
      } else {
        // It is to be made yet, and begins with what is set for the device.
        let begin = state.deviceDeferral.value ?? NAPIDeferral(deferHardIRQs: 0, groFlushTimeout: 0)
        changes += try change(.queue(queue, napi: nil), from: begin).map { [$0] } ?? []
      }
    }
    return changes
  }

  private func change(
    _ place: LeaseChange.DeferralPlace, from present: NAPIDeferral
  ) throws(LeaseRefusal) -> LeaseChange? {
    let timeout = wish.deferral.groFlushTimeout ?? present.groFlushTimeout ?? 0
    if let count = wish.deferral.deferHardIRQs, count > 0, timeout == 0 {
      throw LeaseRefusal(
        .deferralWithoutTimeout,
        "interrupts are not deferred (--napi-defer \(count)) while gro-flush-timeout is 0, as it is on \(state.interface)",
        fix: "give --gro-flush-timeout too")
    }
    let to = wish.deferral.differing(from: present)
    return to.isEmpty ? nil : .deferral(place, from: present.restricted(to: to), to: to)
  }
}
