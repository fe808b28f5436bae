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

  private static let namespace = PIDNamespace(device: 4, inode: 0xefff_fffc)

  /// Nil where this process may not create maps.
  private static func map<Key>(for key: Key.Type) throws -> BPFHash? {
    do throws(SystemCallError) {
      return try BPFHash(keyBytes: UInt32(MemoryLayout<Key>.size), entries: 8)
    } catch {
      guard [.notPermitted, .noFunction].contains(error.errno) else { throw error }
      return nil
    }
  }

  #if arch(x86_64)
    @Test("The program by thread is the one that was tried on five kernels, byte for byte")
    func isAsTried() throws {
      guard let map = try Self.map(for: CopiesByThread.Key.self) else { return }
      var program = Self.hex(CopiesByThread.program(counting: map, in: Self.namespace))
      // The descriptor differs from run to run.
      program[11] = String(program[11].prefix(8))
      #expect(
        program == [
          "7916500000000000", "d506100000000000", "1801000004000000", "0000000000000000", "18020000fcffffef",
          "0000000000000000", "bfa3000000000000", "07030000f8ffffff", "b704000008000000", "8500000078000000",
          "5500070000000000", "18110000", "0000000000000000", "bfa2000000000000", "07020000f8ffffff",
          "8500000001000000", "1500010000000000", "db60000000000000", "b700000000000000", "9500000000000000",
        ])
    }
  #endif

  @Test("The running kernel's verifier accepts the program by thread")
  func byThreadLoads() throws {
    guard let map = try Self.map(for: CopiesByThread.Key.self) else { return }
    let program = CopiesByThread.program(counting: map, in: try .ofThisProcess())
    _ = try BPFProgram(.event, program, license: CopiesByThread.license)
  }

  @Test(
    "The verifier accepts the program by request where the kernel has the function, and refuses it without the licence")
  func byRequestLoads() throws {
    guard let map = try Self.map(for: CopiesByRequest.Key.self), let types = try? KernelTypes.read(),
      let function = try? types.function(CopyProbe.function)
    else { return }
    let offset = try types.offset(of: "cqe", in: "io_kiocb") + types.offset(of: "user_data", in: "io_cqe")
    let program = CopiesByRequest.program(
      counting: map, in: try .ofThisProcess(), argumentCount: function.argumentCount, userDataOffset: offset)
    do throws(SystemCallError) {
      _ = try BPFProgram(.exit(function: function.identifier), program, license: CopiesByRequest.license)
    } catch {
      // A kernel without ftrace has nothing to attach to, and says so here already.
      guard [.notPermitted, .notSupported].contains(error.errno) else { throw error }
      return
    }
    #expect(throws: SystemCallError.self) {
      try BPFProgram(.exit(function: function.identifier), program, license: "Apache-2.0")
    }
    // A member that does not lie there.
    let wrong = CopiesByRequest.program(
      counting: map, in: try .ofThisProcess(), argumentCount: function.argumentCount, userDataOffset: 32_000)
    #expect(throws: SystemCallError.self) {
      try BPFProgram(.exit(function: function.identifier), wrong, license: CopiesByRequest.license)
    }
  }

  @Test("Counts are kept by key, and end with it")
  func mapsKeep() throws {
    guard let map = try Self.map(for: CopiesByRequest.Key.self) else { return }
    let keys = (1...3).map { CopiesByRequest.Key(userData: $0, task: CopiesByThread.Key(thread: 7, process: 7)) }
    for key in keys { try map.set(key, to: key.userData * 100) }
    #expect(try keys.map { try map.value(of: $0) } == [100, 200, 300])
    map.remove(keys[1])
    #expect(throws: SystemCallError.self) { try map.value(of: keys[1]) }
    #expect(try map.value(of: keys[2]) == 300)
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
