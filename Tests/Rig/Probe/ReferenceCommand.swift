import ArgumentParser
import BoundedJSON
import CReceiveProgram
import Glibc
import Linux
import SystemPackage

struct ReferenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference",
    abstract: "Receives with the C program of Tests/Reference, which the server's costs are compared with.",
    discussion: "Of the queue's options it heeds interface, queue, area size, buffer length and entries.")

  @OptionGroup var queue: QueueArguments
  @Option(name: .shortAndLong, help: "TCP port to listen on.")
  var port: UInt16
  @Option(help: "Connections to wait for.")
  var flows: UInt32 = 1

  func run() throws {
    let plan = reference_plan(
      interface: queue.interface.map { if_nametoindex($0) } ?? 0, queue: queue.queue ?? 0, port: port, streams: flows,
      area_bytes: UInt64(queue.areaSize), buffer_bytes: queue.rxBufLen, refill_entries: queue.rqEntries,
      completion_entries: queue.cqEntries, timeout: 50_000_000)
    var program = reference_program()
    try perform { reference_open(&program, [plan], &$0) }
    printLine(["ready": .bool(true), "port": .count(port), "buffer_bytes": .count(program.buffer_bytes)])
    try perform { reference_run(&program, &$0) }
    printLine([
      "bytes": .count(program.intake.bytes),
      "cqes": .count(program.intake.completions),
      "proven_zero_copy_bytes": .count(program.intake.proven),
      "waits": .count(program.waits),
      "rearms": .count(program.rearms),
    ])
  }

  private func perform(_ body: (inout UnsafePointer<CChar>?) -> Int32) throws {
    var step: UnsafePointer<CChar>?
    let result = body(&step)
    guard result < 0 else { return }
    printLine([
      "failed": .string(Errno(rawValue: -result).name), "step": .string(step.map { String(cString: $0) } ?? ""),
    ])
    throw ExitCode.failure
  }
}
