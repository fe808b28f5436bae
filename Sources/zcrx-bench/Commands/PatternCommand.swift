import ArgumentParser
import Benchmark
import SystemPackage

struct PatternCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pattern",
    abstract: "Writes the verification pattern to standard output.",
    discussion: "A raw sender for server --verify: zcrx-bench pattern -n 1G | nc -N HOST 5201")

  @Option(
    name: [.customShort("n"), .customLong("bytes")],
    help: ArgumentHelp("How much to write (K, M, G, T).", valueName: "bytes"))
  var bytes: Bytes

  func run() throws {
    let pattern = Pattern()
    var offset: UInt64 = 0
    while offset < bytes.count {
      let count = Int(min(bytes.count - offset, UInt64(Pattern.longestPiece)))
      do {
        offset += UInt64(
          try pattern.withPiece(at: offset, count: count) { try FileDescriptor.standardOutput.write($0) })
      } catch {
        DiagnosticLog.say("error: cannot write the pattern to standard output after \(offset) bytes: \(error)")
        throw ExitCode(ExitStatus.failed.rawValue)
      }
    }
  }
}
