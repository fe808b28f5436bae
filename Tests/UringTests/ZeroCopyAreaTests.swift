import Glibc
import Linux
import SystemPackage
import Testing

@testable import Uring

@Suite("Areas")
struct ZeroCopyAreaTests {
  @Test("An area has whole pages of zeros that no child inherits, and is gone with its owner")
  func pages() async {
    // In a process of its own: other threads would map memory where this was unmapped.
    await #expect(processExitsWith: .success) {
      let place = try ZeroCopyAreaTests.useArea(.pages, size: 5000)
      try #require(ZeroCopyAreaTests.mapping(at: place) == nil)
    }
  }

  private static func useArea(_ kind: ZeroCopyArea.Kind, size: Int) throws -> UInt {
    let area = try ZeroCopyArea(kind, size: size)
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    try #require(area.size == (size + page - 1) / page * page)
    try #require(UnsafeRawBufferPointer(start: area.start, count: area.size).allSatisfy { $0 == 0 })
    let place = UInt(bitPattern: area.start)
    let flags = try #require(mapping(at: place))
    try #require(flags.contains("dc"), "\(flags)")  // VmFlags: do not copy on fork (proc_pid_smaps(5))
    return place
  }

  @Test("A dma-buf is there where the kernel makes them, and said to be missing where not")
  func dmabuf() throws {
    let error = refusal(.dmabuf, size: 1 << 20)
    if access("/dev/udmabuf", F_OK) == 0 {
      #expect(error == nil)
    } else {
      #expect(error?.errno == .noSuchFileOrDirectory)
      #expect(error?.advice?.contains("CONFIG_UDMABUF") == true)
    }
  }

  @Test("Missing huge pages are said with how many to reserve")
  func hugePages() throws {
    // More than any machine of ours reserves.
    let error = try #require(refusal(.hugePages, size: (1 << 40) + 1))
    #expect(error.errno == .noMemory)
    #expect(error.advice?.contains("vm.nr_hugepages=524289") == true)
  }

  @Test("An area of no bytes, or of more than there are, is refused", arguments: [0, -1, Int.max])
  func absurd(size: Int) {
    #expect(refusal(.pages, size: size)?.errno == .invalidArgument)
  }

  private func refusal(_ kind: ZeroCopyArea.Kind, size: Int) -> SystemCallError? {
    do throws(SystemCallError) {
      _ = try ZeroCopyArea(kind, size: size)
      return nil
    } catch {
      return error
    }
  }

  /// The flags of the mapping that begins at an address or holds it, from /proc/self/smaps; nil when there is none.
  private static func mapping(at place: UInt) -> String? {
    guard let file = fopen("/proc/self/smaps", "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 4096)
    var isInside = false
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      let range = text.prefix { $0 != " " }.split(separator: "-").compactMap { UInt($0, radix: 16) }
      if range.count == 2 { isInside = range[0] <= place && place < range[1] }
      if isInside && text.hasPrefix("VmFlags:") { return text }
    }
    return nil
  }
}
