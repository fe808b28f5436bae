import Glibc
import Linux
import SystemPackage
import Testing

@Suite("A detached process")
struct DetachedProcessTests {
  @Test("It has a session of its own, a pipe, and nothing else")
  func belongings() throws {
    let process = try DetachedProcess("/bin/sleep", ["sleep", "60"])
    defer { process.dismiss() }
    #expect(getsid(process.pid) == process.pid)
    // The program's own start opens and closes libraries.
    let deadline = MonotonicTime.now().adding(seconds: 10)
    while try TextFile.read("/proc/\(process.pid)/comm", limit: 64) != "sleep\n", MonotonicTime.now() < deadline {}
    func target(_ descriptor: Int) -> String? {
      var path = [CChar](repeating: 0, count: 256)
      let length = readlink("/proc/\(process.pid)/fd/\(descriptor)", &path, path.count)
      return length > 0 ? String(decoding: path.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }
    #expect(target(0)?.hasPrefix("pipe:") == true)
    #expect(target(1) == "/dev/null" && target(2) == "/dev/null")
    #expect(try TextFile.read("/proc/\(process.pid)/environ", limit: 64) == "")
  }

  @Test("Its standard input ends when this side lets go, and it is not waited for")
  func inputEnds() throws {
    let pid: pid_t
    do {
      let process = try DetachedProcess("/bin/cat", ["cat"])
      pid = process.pid
      #expect(waitpid(pid, nil, WNOHANG) == 0, "cat waits for its input's end")
    }
    let deadline = MonotonicTime.now().adding(seconds: 10)
    var status: Int32 = -1
    while waitpid(pid, &status, WNOHANG) == 0, MonotonicTime.now() < deadline { pause(seconds: 0.001) }
    #expect(status == 0)
  }

  @Test("Dismissed, it is gone and has been waited for; once is enough")
  func dismissal() throws {
    let process = try DetachedProcess("/bin/sleep", ["sleep", "60"])
    process.dismiss()
    process.dismiss()
    #expect(kill(process.pid, 0) != 0 && errno == ESRCH)
  }

  @Test("A program that is not there is said so")
  func absent() {
    #expect {
      try DetachedProcess("/nonexistent", ["nothing"])
    } throws: { error in
      (error as? SystemCallError)?.errno == .noSuchFileOrDirectory
    }
  }
}
