import Testing

@testable import Trace

@Suite("The kernel's symbols")
struct KernelSymbolsTests {
  private static func names(in lines: [String]) -> [String] {
    lines.compactMap { KernelSymbols.name(in: Array($0.utf8)[...], of: "io_zcrx_copy_chunk") }
  }

  @Test("A function's own name and those that a compiler derived from it are found, others are not")
  func finds() {
    let names = Self.names(in: [
      "ffffffff81a00000 t io_zcrx_copy_chunk", "ffffffff81a00010 t io_zcrx_copy_chunk.isra.0",
      "0000000000000000 t io_zcrx_copy_chunk.cold", "ffffffffc0000000 t io_zcrx_copy_chunk.llvm.123\t[module]",
      "ffffffff81a00020 t io_zcrx_copy_chunks", "ffffffff81a00030 t io_zcrx_copy", "ffffffff81a00040 t",
      "", "ffffffff81a00050 t my_io_zcrx_copy_chunk",
    ])
    #expect(
      names == [
        "io_zcrx_copy_chunk", "io_zcrx_copy_chunk.isra.0", "io_zcrx_copy_chunk.cold", "io_zcrx_copy_chunk.llvm.123",
      ])
  }

  @Test("A piece that nobody calls is left out, a piece that some calls skip refuses the function")
  func judges() throws {
    #expect(try KernelSymbols(among: ["f", "f.cold"]).names == ["f"])
    #expect(
      try KernelSymbols(among: ["f.isra.0", "f.constprop.0", "f.isra.0.cold"]).names == ["f.isra.0", "f.constprop.0"])
    #expect(throws: KernelSymbols.Absence.split("f.part.0")) { try KernelSymbols(among: ["f", "f.part.0"]) }
    #expect(throws: KernelSymbols.Absence.absent) { try KernelSymbols(among: ["f.cold"]) }
    #expect(throws: KernelSymbols.Absence.absent) { try KernelSymbols(among: []) }
    #expect(throws: KernelSymbols.Absence.tooMany(5)) {
      try KernelSymbols(among: (0..<5).map { "f.constprop.\($0)" })
    }
  }

  @Test("In the running kernel a function that cannot be missing is found, and one that cannot be there is not")
  func readsTheRunningKernel() throws {
    #expect(try KernelSymbols.find("vfs_read").names.first == "vfs_read")
    #expect(throws: KernelSymbols.Absence.absent) { try KernelSymbols.find("zcrx_bench_is_no_kernel") }
  }
}
