import Linux

/// Another way to receive, between two tests.
extension Server {
  func enter(_ setting: ModeStage.Setting) throws(BenchmarkError) {
    guard setting != context.stage.current else { return }
    let (device, before) = (context.stage.device, context.stage.deviceless)
    defer {
      for case let team? in [device, before] where !team.isInUse { endReadings(of: team) }
      watchNews(of: context.stage.deviceless, insteadOf: before)
    }
    try context.stage.enter(setting)
  }

  private func watchNews(of team: ZeroCopyTeam?, insteadOf before: ZeroCopyTeam?) {
    guard team !== before else { return }
    do throws(SystemCallError) {
      if let before { try epoll.remove(before.changed.descriptor.number) }
      if let team { try epoll.add(team.changed.descriptor.number, .readable, tag: Tag.zeroCopy) }
    } catch {
      context.logger.error("\(error)")
    }
  }
}
