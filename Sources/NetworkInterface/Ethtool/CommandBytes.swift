/// The argument of one of ethtool's ioctl commands: numbers in the machine's byte order and texts at fixed places
/// (ethtool_commands.h). What lies outside is not written, and reads as 0.
struct CommandBytes: Equatable {
  private(set) var bytes: [UInt8]

  /// - Parameter size: bytes, all 0 but the command itself.
  init(_ command: Int32, size: Int) {
    bytes = [UInt8](repeating: 0, count: size)
    put(UInt32(bitPattern: command), at: 0)
  }

  func number<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type, at offset: Int32) -> Number {
    bytes[...].number(type, at: Int(offset)) ?? 0
  }

  mutating func put<Number: FixedWidthInteger>(_ number: Number, at offset: Int32) {
    put(withUnsafeBytes(of: number) { Array($0) }, at: offset)
  }

  mutating func put(_ value: some Collection<UInt8>, at offset: Int32) {
    let start = Int(offset)
    guard start + value.count <= bytes.count else { return }
    bytes.replaceSubrange(start..<start + value.count, with: value)
  }

  func slice(at offset: Int32, count: Int) -> ArraySlice<UInt8> {
    bytes.dropFirst(Int(offset)).prefix(count)
  }

  /// A text of at most `count` bytes that ends at its first NUL.
  func text(at offset: Int32, count: Int) -> String {
    String(decoding: slice(at: offset, count: count).prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The one place where the kernel gets at them.
  mutating func withKernel(_ body: (UnsafeMutableRawPointer?) -> Int32) -> Int32 {
    bytes.withUnsafeMutableBytes { body($0.baseAddress) }
  }
}
