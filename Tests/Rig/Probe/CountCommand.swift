import ArgumentParser
import BoundedJSON
import CStepCounter
import SystemPackage

struct CountCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "count",
    abstract: "Steps through a thread and counts its instructions and system calls.",
    discussion: """
      A turn is what a thread does from one io_uring_enter(2) to the next. Before each it stands still: a line is printed, \
      and a line of input lets it go on. The end of input ends the counting.
      """)

  @Option(help: "The thread.")
  var thread: Int32
  @Option(help: "Address of a function to leave out, with all that it calls.")
  var leaveOut: UInt64 = 0

  func run() throws {
    var counts = step_counts()
    let result = step_count(
      thread, leaveOut,
      {
        printLine(["waiting": .bool(true)])
        return readLine() != nil
      }, &counts)
    guard result == 0 else {
      printLine(["failed": .string(Errno(rawValue: -result).name)])
      throw ExitCode.failure
    }
    printLine([
      "turns": .count(counts.turns),
      "instructions": .count(counts.instructions),
      "left_out": .count(counts.left_out),
      "calls": .count(counts.calls),
    ])
  }
}
