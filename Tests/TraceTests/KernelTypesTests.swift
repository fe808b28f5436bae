import Linux
import SystemPackage
import Testing

@testable import Trace

@Suite("The kernel's types")
struct KernelTypesTests {
  /// One type of each kind that has something behind it, so that the walk has to pass all of them.
  private static func example() -> ConstructedTypes {
    var types = ConstructedTypes()
    types.append(kind: 1, name: "int", third: 4, tail: [0x0100_0020])
    types.append(kind: 3, third: 0, tail: [1, 1, 8])
    types.append(kind: 6, name: "colours", members: 2, third: 4, tail: [0, 0, 0, 1])
    types.append(kind: 14, name: "variable", third: 1, tail: [1])
    types.append(kind: 15, name: ".data", members: 1, third: 4, tail: [4, 0, 4])
    types.append(kind: 17, name: "tag", third: 1, tail: [0])
    types.append(kind: 19, name: "large", members: 1, third: 8, tail: [0, 1, 0])
    types.append(kind: 13, members: 3, third: 1, tail: [0, 1, 0, 1, 0, 1])
    types.append(kind: 12, name: "copy", third: 8)
    types.structure("io_kiocb", [(name: "file", bits: 0), (name: "cqe", bits: 64)])
    types.structure("io_cqe", isBitField: true, [(name: "user_data", bits: 8 << 24 | 16), (name: "res", bits: 64)])
    return types
  }

  @Test("Functions and members are found behind types of every kind")
  func finds() throws {
    let types = try KernelTypes(Self.example().bytes)
    #expect(try types.function("copy").identifier == 9)
    #expect(try types.function("copy").argumentCount == 3)
    #expect(try types.offset(of: "cqe", in: "io_kiocb") == 8)
    #expect(try types.offset(of: "user_data", in: "io_cqe") == 2)
    #expect(throws: KernelTypes.Problem.absent("copied")) { try types.function("copied") }
    #expect(throws: KernelTypes.Problem.absent("cq in struct io_kiocb")) { try types.offset(of: "cq", in: "io_kiocb") }
    #expect(throws: KernelTypes.Problem.absent("struct io")) { try types.offset(of: "cqe", in: "io") }
  }

  @Test("Cut anywhere, or with any byte changed, it is refused or read, never a crash")
  func survives() {
    let whole = Self.example().bytes
    func ask(_ bytes: [UInt8]) {
      guard let types = try? KernelTypes(bytes) else { return }
      _ = try? types.function("copy")
      _ = try? types.offset(of: "user_data", in: "io_cqe")
    }
    for length in 0..<whole.count { ask(Array(whole[..<length])) }
    for position in whole.indices {
      for value in [0, 1, 0x7f, 0x80, 0xff] as [UInt8] {
        var changed = whole
        changed[position] = value
        ask(changed)
      }
    }
  }

  @Test("In the running kernel's, where it has one, a function that cannot be missing has its arguments")
  func readsTheRunningKernel() throws {
    let types: KernelTypes
    do {
      types = try KernelTypes.read()
    } catch .unreadable {
      return
    }
    // ssize_t vfs_read(struct file *, char *, size_t, loff_t *).
    #expect(try types.function("vfs_read").argumentCount == 4)
    #expect(try types.offset(of: "cqe", in: "io_kiocb") > 0)
    #expect(try types.offset(of: "user_data", in: "io_cqe") == 0)
  }
}
