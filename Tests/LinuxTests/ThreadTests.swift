import Glibc
import Synchronization
import SystemPackage
import Testing

@testable import Linux

@Suite("Threads")
struct ThreadTests {
  /// What a thread found out about itself.
  private struct Seen: Sendable {
    var cpus: [Int] = []
    var name = ""
    var refusal: SystemCallError?
  }

  private static func look(from name: String, cpu: Int?) throws -> Seen {
    let seen = Mutex(Seen())
    let thread = try PinnedThread(name: name, cpu: cpu) { refusal in
      let cpus = (try? allowedCPUs()) ?? []
      let name = (try? Self.ownName()) ?? "unknown"
      seen.withLock { $0 = Seen(cpus: cpus, name: name, refusal: refusal) }
    }
    thread.join()
    return seen.withLock { $0 }
  }

  private static func ownName() throws -> String {
    let file = try FileDescriptor.open("/proc/thread-self/comm", .readOnly)
    return try file.closeAfter {
      let bytes = try [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
        count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
      return String(decoding: bytes.dropLast(), as: UTF8.self)
    }
  }

  @Test("A thread is bound to the CPU it was given, and to no other")
  func pins() throws {
    let allowed = try allowedCPUs()
    let last = try #require(allowed.last)
    #expect(try Self.look(from: "pinned", cpu: last).cpus == [last])
    #expect(try Self.look(from: "free", cpu: nil).cpus == allowed)
  }

  @Test("A CPU that does not exist is refused in words, and the thread runs all the same")
  func refusesImpossibleCPU() throws {
    for cpu in [1023, 100_000, -1] {
      let seen = try Self.look(from: "nowhere", cpu: cpu)
      #expect(seen.refusal?.errno == .invalidArgument)
      #expect(seen.refusal?.attempt == "bind a thread to CPU \(cpu)")
      #expect(seen.cpus == (try allowedCPUs()))
    }
  }

  @Test("A thread has its name, cut to the kernel's 15 bytes")
  func names() throws {
    #expect(try Self.look(from: "receive-3", cpu: nil).name == "receive-3")
    #expect(try Self.look(from: "a name longer than that", cpu: nil).name == "a name longer t")
  }

  @Test("Joining a list waits for every thread in it, and leaves it empty")
  func joinsAll() throws {
    let done = Mutex(0)
    var threads = ThreadList()
    for index in 0..<20 {
      threads.append(
        try PinnedThread(name: "sleeper", cpu: nil) { _ in
          usleep(UInt32(index) * 1000)
          done.withLock { $0 += 1 }
        })
    }
    threads.joinAll()
    #expect(done.withLock { $0 } == 20)
    threads.joinAll()
  }
}
