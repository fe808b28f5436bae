import ArgumentParser
import Benchmark

/// Where receive workers run, and how they wait.
struct PlacementOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Which CPU a worker is bound to, relative to the one that processes its packets: same, other (of the same NUMA \
      node), none (not bound), or a list as for -A.
      """, valueName: "where"))
  var placement: PlacementArgument?

  @Option(
    help: ArgumentHelp("Poll the interface so long before a wait sleeps, 1 to 1000000.", valueName: "microseconds"))
  var busyPoll: UInt32?

  @Option(
    help: ArgumentHelp(
      "Collect completions so long before the worker wakes, 1 to 1000000 (zc, zc-copy).", valueName: "microseconds"))
  var minWait: UInt32?

  func validate() throws {
    for (option, value) in [("--busy-poll", busyPoll), ("--min-wait", minWait)] {
      if let value, !(1...1_000_000).contains(value) {
        throw ValidationError("\(option) takes 1 to 1000000 microseconds, not \(value)")
      }
    }
  }

  var polling: PollingWish { PollingWish(busyPoll: busyPoll, minimumWait: minWait) }
}

/// `same`, `other`, `none`, or CPUs.
struct PlacementArgument: ExpressibleByArgument {
  let wish: PlacementWish

  init?(argument: String) {
    switch argument {
    case "same": wish = .same
    case "other": wish = .other
    case "none": wish = .none
    default:
      guard let list = CPUList(argument: argument) else { return nil }
      wish = .cpus(list.cpus)
    }
  }
}
