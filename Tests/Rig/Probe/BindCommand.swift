import ArgumentParser
import BoundedJSON
import Glibc
import Uring

struct BindCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bind", abstract: "Registers a queue and closes it again.")

  @OptionGroup var queue: QueueArguments
  @Option(help: "How often.")
  var count = 1
  @Option(help: "Seconds to keep each.")
  var hold = 0.0

  func validate() throws {
    guard count > 0, hold >= 0, hold < 3600 else {
      throw ValidationError("--count is at least 1, --hold within an hour.")
    }
  }

  func run() throws {
    for round in 1...count {
      var retries = 0
      do throws(ZeroCopyRegistrationError) {
        let ring = try queue.open(retries: &retries)
        var line = ring.queue.facts
        line["bound"] = .bool(true)
        line["round"] = .count(round)
        line["retries"] = .count(retries)
        line["cq_entries"] = .count(ring.ring.completionCapacity)
        printLine(line)
        usleep(UInt32(hold * 1e6))
        ring.close()
      } catch {
        throw queue.report(error)
      }
    }
  }
}
