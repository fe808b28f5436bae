import Foundation
import Testing

@testable import Trace

@Suite("Settings that switch probes off")
struct TracingSwitchesTests {
  private func switches(_ functions: String?, _ probes: String?) throws -> TracingSwitches {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: root) }
    for (path, text) in [("/proc/sys/kernel/ftrace_enabled", functions), ("/sys/kernel/debug/kprobes/enabled", probes)]
    {
      guard let text else { continue }
      let file = root.appendingPathComponent(path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: false, encoding: .utf8)
    }
    return TracingSwitches.read(root: root.path)
  }

  @Test("What is off is named, and what cannot be read is no reason")
  func problems() throws {
    #expect(try switches("1\n", "1\n").problem == nil)
    #expect(try switches(nil, nil).problem == nil)
    #expect(try switches("0\n", "1\n").problem?.contains("kernel.ftrace_enabled") == true)
    #expect(try switches("1\n", "0\n").problem?.contains("kprobes/enabled") == true)
  }
}
