import CLinux
import Linux
import SystemPackage
import Testing

@testable import Trace

@Suite("Programs that count copies")
struct CopyProgramTests {
  private static func hex(_ instructions: [zb_bpf_instruction]) -> [String] {
    instructions.map { one in
      withUnsafeBytes(of: one) { $0.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }
    }
  }

  /// Nil where this process may not create maps.
  private static func maps(keyBytes: Int) throws -> (keys: BPFHash, counters: CopyCounters)? {
    do throws(SystemCallError) {
      return (try BPFHash(keyBytes: keyBytes, entries: 8), try CopyCounters())
    } catch {
      guard [.notPermitted, .noFunction].contains(error.errno) else { throw error }
      return nil
    }
  }

  #if arch(x86_64)
    @Test("The program by thread finds the thread as the one that was tried on five kernels does, byte for byte")
    func isAsTried() throws {
      guard let (keys, counters) = try Self.maps(keyBytes: 8) else { return }
      let namespace = PIDNamespace(device: 4, inode: 0xefff_fffc)
      let program = Self.hex(CopyPrograms.byThread(keys, counters, in: namespace))
      #expect(program[0] == "7916500000000000")
      #expect(
        Array(program[2..<10]) == [
          "1801000004000000", "0000000000000000", "18020000fcffffef", "0000000000000000", "bfa3000000000000",
          "07030000f8ffffff", "b704000008000000", "8500000078000000",
        ])
      #expect(program[11].hasPrefix("18110000"))
      #expect(Array(program[13..<16]) == ["bfa2000000000000", "07020000f8ffffff", "8500000001000000"])
      #expect(Array(program.suffix(2)) == ["b700000000000000", "9500000000000000"])
      // Each of the three conditions leaves out all that is behind it but the end.
      let left = { (position: Int) in Int(program[position].dropFirst(4).prefix(2), radix: 16)! + position + 1 }
      #expect([1, 10, 16].map(left) == Array(repeating: program.count - 2, count: 3))
    }
  #endif

  @Test("The running kernel's verifier accepts the program by thread")
  func byThreadLoads() throws {
    guard let (keys, counters) = try Self.maps(keyBytes: 8) else { return }
    let program = CopyPrograms.byThread(keys, counters, in: try .ofThisProcess())
    _ = try BPFProgram(.event, program, license: CopyPrograms.license)
  }

  @Test(
    "The verifier accepts the program by request where the kernel has the function, and refuses it without the licence")
  func byRequestLoads() throws {
    guard let (keys, counters) = try Self.maps(keyBytes: 16), let types = try? KernelTypes.read(),
      let function = try? types.function(CopyProbe.function)
    else { return }
    func program(_ offset: Int) throws -> [zb_bpf_instruction] {
      CopyPrograms.byRequest(
        keys, counters, in: try .ofThisProcess(), argumentCount: function.argumentCount, userDataOffset: offset)
    }
    let offset = try types.offset(of: "cqe", in: "io_kiocb") + types.offset(of: "user_data", in: "io_cqe")
    do throws(SystemCallError) {
      _ = try BPFProgram(
        .exit(function: function.identifier), (try? program(offset)) ?? [], license: CopyPrograms.license)
    } catch {
      // A kernel without ftrace has nothing to attach to, and says so here already.
      guard [.notPermitted, .notSupported].contains(error.errno) else { throw error }
      return
    }
    #expect(throws: SystemCallError.self) {
      try BPFProgram(.exit(function: function.identifier), program(offset), license: "Apache-2.0")
    }
    // A member that does not lie there.
    #expect(throws: SystemCallError.self) {
      try BPFProgram(.exit(function: function.identifier), program(32_000), license: CopyPrograms.license)
    }
  }

  @Test("Counters are handed out once, come back, and are never more than there is memory for")
  func countersAreHandedOut() throws {
    guard let (_, counters) = try Self.maps(keyBytes: 8) else { return }
    var taken: [CopyCount] = []
    while let count = counters.take() { taken.append(count) }
    #expect(taken.allSatisfy { $0.bytes == 0 })
    #expect(taken.count == Int(CopyCounters.bytes) / 8 - 1)
    let offsets = Set(taken.map(\.offset))
    #expect(offsets.count == taken.count && !offsets.contains(CopyCounters.nowhere))
    let offset = taken.removeLast().offset
    let again = counters.take()
    #expect(again?.offset == offset)
    #expect(counters.take() == nil)
  }

  @Test("A function that no kernel has is refused by every method, each with its reason")
  func refusesWithReasons() throws {
    do {
      _ = try CopyProbe.attach(capacity: 8, to: "zcrx_bench_is_no_kernel")
      Issue.record("attached to nothing")
    } catch {
      #expect(error.refusals.map(\.method) == CopyProbe.Method.allCases)
      #expect(error.refusals.allSatisfy { !$0.reason.isEmpty })
    }
  }
}
