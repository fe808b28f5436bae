import Testing

@testable import Metering

@Suite("Processor use of threads and of the process")
struct ThreadAndProcessUsageTests {
  /// Spins until this thread has used `seconds` of CPU time.
  private func spin(_ seconds: Double) {
    let begin = ThreadUsage.now()
    while true {
      let spent = ThreadUsage.now().since(begin)
      if spent.user + spent.system >= seconds { return }
    }
  }

  @Test("Work shows in the thread's and in the process's account")
  func work() {
    let process = ProcessUsage.now()
    let thread = ThreadUsage.now()
    spin(0.03)
    let threadSpent = ThreadUsage.now().since(thread)
    let processSpent = ProcessUsage.now().since(process)
    #expect(threadSpent.user + threadSpent.system >= 0.03)
    #expect(threadSpent.user + threadSpent.system < 10)
    // The two accounts are brought up to date at different moments, a scheduler tick apart at most.
    #expect(processSpent.user + processSpent.system >= 0.02)
  }

  @Test("A reading that steps back counts as nothing used")
  func steppingBack() {
    let later = ProcessUsage(user: 1, system: 2)
    #expect(later.since(ProcessUsage(user: 1.5, system: 1)) == ProcessUsage(user: 0, system: 1))
    let thread = ThreadUsage(user: 1, system: 1, voluntarySwitches: 5, involuntarySwitches: 7)
    let earlier = ThreadUsage(user: 2, system: 0.5, voluntarySwitches: 6, involuntarySwitches: 4)
    #expect(
      thread.since(earlier) == ThreadUsage(user: 0, system: 0.5, voluntarySwitches: 0, involuntarySwitches: 3))
  }
}
