import CKernelABI
import Linux
import SystemPackage
import Testing

@testable import Uring

/// Whether this process may create rings with buffers.
private func isPossible() -> Bool {
  do throws(SystemCallError) {
    let ring = try Ring(entries: 8, options: [])
    _ = try ProvidedBufferRing(count: 1, length: 1, registeringWith: ring)
    return true
  } catch {
    return false
  }
}

@Suite("Rings of provided buffers", .enabled(if: isPossible(), "io_uring is not available here"))
struct ProvidedBufferRingTests {
  @Test("Every buffer is the kernel's at first, in its own slot")
  func begins() throws {
    let ring = try Ring(entries: 8, options: [])
    let buffers = try ProvidedBufferRing(count: 8, length: 100, registeringWith: ring)
    #expect(buffers.entries[0].resv == 8)
    #expect((0..<8).map { buffers.entries[$0].bid } == Array(0..<8))
    #expect((0..<8).allSatisfy { buffers.entries[$0].len == 100 })
    #expect((1..<8).allSatisfy { buffers.entries[$0].addr == buffers.entries[$0 - 1].addr + 100 })
  }

  @Test("A completion over several buffers gives all of them back, shortened ones with their whole length")
  func givesBack() throws {
    let ring = try Ring(entries: 8, options: [])
    var buffers = try ProvidedBufferRing(count: 8, length: 100, registeringWith: ring)
    buffers.giveBack(from: 0, bytes: 201)
    #expect(buffers.tail == 11)
    #expect(buffers.entries[0].resv == 8, "the kernel has not been told yet")
    buffers.publish()
    #expect(buffers.entries[0].resv == 11)
    buffers.entries[3].len = 40
    buffers.giveBack(from: 3, bytes: 41)
    #expect(buffers.tail == 13)
    #expect(buffers.entries[3].len == 100)
    buffers.giveBack(from: 5, bytes: 0)
    #expect(buffers.tail == 14)
    buffers.giveBack(from: 6, bytes: 300)
    #expect(buffers.tail == 17)
  }

  @Test("Buffers given back out of their order wait for those before them")
  func keepsOrder() throws {
    let ring = try Ring(entries: 8, options: [])
    var buffers = try ProvidedBufferRing(count: 8, length: 100, registeringWith: ring)
    buffers.giveBack(from: 3, bytes: 200)
    #expect(buffers.tail == 8)
    buffers.giveBack(from: 1, bytes: 100)
    #expect(buffers.tail == 8)
    buffers.entries[0].len = 10
    buffers.giveBack(from: 0, bytes: 10)
    #expect(buffers.tail == 10)
    buffers.giveBack(from: 2, bytes: 1)
    #expect(buffers.tail == 13)
    #expect((0..<8).allSatisfy { buffers.entries[$0].len == 100 })
    buffers.giveBack(from: 5, bytes: 300)
    #expect(buffers.tail == 16)
  }

  @Test("What a completion brought is read piece by piece, also across the end and in shortened buffers")
  func reads() throws {
    let ring = try Ring(entries: 8, options: [])
    let buffers = try ProvidedBufferRing(count: 4, length: 3, registeringWith: ring)
    for index in 0..<12 { buffers.start.storeBytes(of: UInt8(index), toByteOffset: index, as: UInt8.self) }
    var pieces: [[UInt8]] = []
    buffers.forEachPiece(from: 3, bytes: 5) { pieces.append(Array($0)) }
    #expect(pieces == [[9, 10, 11], [0, 1]])
    buffers.entries[3].len = 1
    pieces = []
    buffers.forEachPiece(from: 3, bytes: 5) { pieces.append(Array($0)) }
    #expect(pieces == [[9], [0, 1, 2], [3]])
  }

  @Test("A group that is taken is refused with the kernel's errno")
  func refusesTakenGroup() throws {
    let ring = try Ring(entries: 8, options: [])
    let first = try ProvidedBufferRing(count: 2, length: 1, group: 5, registeringWith: ring)
    var errno: Errno?
    do throws(SystemCallError) {
      _ = try ProvidedBufferRing(count: 2, length: 1, group: 5, registeringWith: ring)
    } catch {
      errno = error.errno
    }
    #expect(errno == .fileExists)
    #expect(first.group == 5)
  }

  @Test(
    "A receive asks for what its kind is",
    arguments: [(.single, 0), (.multishot, 2), (.bundle, 18)] as [(BufferReceive.Kind, UInt16)])
  func submissions(kind: BufferReceive.Kind, flags: UInt16) {
    var entry = zb_sqe()
    BufferReceive(kind, descriptor: 7, group: 3, userData: 9).fill(&entry)
    #expect((entry.opcode, entry.fd, entry.buf_group, entry.user_data) == (27, 7, 3, 9))
    #expect((entry.flags, entry.ioprio, entry.len) == (32, flags, 0))
  }
}
