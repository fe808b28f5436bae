import CLinux
import Linux
import SystemPackage

/// A program that is attached for as long as somebody holds this: the kernel detaches it with the last descriptor, also
/// when the process is killed.
struct BPFLink: Sendable {
  enum Kind: Sendable { case returns, event, exit }

  private let kind: Kind
  private let descriptor: Descriptor

  private init(_ kind: Kind, owning number: Int32) {
    self.kind = kind
    descriptor = Descriptor(owning: number)
  }

  static func returns(of symbols: [String], _ program: BPFProgram) throws(SystemCallError) -> BPFLink {
    // One string for all, so that no array of pointers has to be owned name by name.
    let names = symbols.map { Array($0.utf8CString) }
    let all = names.flatMap { $0 }
    let number = try checkedAnswer("bpf(BPF_LINK_CREATE)", to: "attach to the return of \(symbols[0])") {
      all.withUnsafeBufferPointer { all in
        var next = all.baseAddress
        var pointers: [UnsafePointer<CChar>?] = []
        for name in names {
          pointers.append(next)
          next = next.map { $0 + name.count }
        }
        return zb_bpf_link_returns(program.number, pointers, UInt32(pointers.count))
      }
    }
    return BPFLink(.returns, owning: number)
  }

  static func event(_ event: ReturnProbe, _ program: BPFProgram) throws(SystemCallError) -> BPFLink {
    BPFLink(
      .event,
      owning: try checkedAnswer("bpf(BPF_LINK_CREATE)", to: "attach to a perf event") {
        zb_bpf_link_event(program.number, event.number)
      })
  }

  static func exit(_ program: BPFProgram) throws(SystemCallError) -> BPFLink {
    BPFLink(
      .exit,
      owning: try checkedAnswer("bpf(BPF_LINK_CREATE)", to: "attach to a function's exit") {
        zb_bpf_link_exit(program.number)
      })
  }

  /// Hits that never reached the program; 0 where the kernel does not say (before Linux 6.7, and for an exit).
  func missed() throws(SystemCallError) -> UInt64 {
    guard kind != .exit else { return 0 }
    var missed: UInt64 = 0
    let answer = zb_bpf_link_missed(descriptor.number, kind == .event ? 1 : 0, &missed)
    guard answer != -Errno.noData.rawValue else { return 0 }
    try checkedAnswer("bpf(BPF_OBJ_GET_INFO_BY_FD)", to: "ask whether copies went uncounted") { answer }
    return missed
  }
}
