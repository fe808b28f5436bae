import CLinux
import Linux
import SystemPackage

/// A loaded program.
struct BPFProgram: Sendable {
  /// Kinds that this target loads: the numbers of enum bpf_prog_type and enum bpf_attach_type.
  enum Kind: Sendable {
    /// At the return of functions, through a link of kprobe_multi (Linux 5.18).
    case returns
    /// At a perf event.
    case event
    /// At the exit of one function of the kernel's BTF (Linux 5.5; arm64 6.0).
    case exit(function: UInt32)
  }

  private let descriptor: Descriptor
  var number: Int32 { descriptor.number }

  /// - Throws: EPERM without CAP_BPF and CAP_PERFMON; anything else with the verifier's words.
  init(_ kind: Kind, _ instructions: [zb_bpf_instruction], license: StaticString) throws(SystemCallError) {
    var program = zb_bpf_program()
    switch kind {
    case .returns: (program.type, program.attach_type) = (2, 42)
    case .event: (program.type, program.attach_type) = (2, 0)
    case .exit(let function): (program.type, program.attach_type, program.attach_btf_id) = (26, 25, function)
    }
    var log = [CChar](repeating: 0, count: 4096)
    let result = instructions.withUnsafeBufferPointer { instructions in
      license.withUTF8Buffer { license in
        "zcrx_copied".withCString { name in
          program.instructions = instructions.baseAddress
          program.count = UInt32(instructions.count)
          program.license = UnsafeRawPointer(license.baseAddress)?.assumingMemoryBound(to: CChar.self)
          program.name = name
          return zb_bpf_load(&program, &log, UInt32(log.count))
        }
      }
    }
    guard result >= 0 else {
      let words = String(decoding: log.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      throw SystemCallError(
        attempt: "load a program that counts copied bytes", call: "bpf(BPF_PROG_LOAD)",
        errno: Errno(rawValue: -result), kernelText: words.split(separator: "\n").last.map(String.init))
    }
    descriptor = Descriptor(owning: result)
  }

  /// Calls that the kernel left out because the program ran already on that CPU.
  func missed() throws(SystemCallError) -> UInt64 {
    var missed: UInt64 = 0
    try checkedAnswer("bpf(BPF_OBJ_GET_INFO_BY_FD)", to: "ask whether copies went uncounted") {
      zb_bpf_program_missed(number, &missed)
    }
    return missed
  }
}
