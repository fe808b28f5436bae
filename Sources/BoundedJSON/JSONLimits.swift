/// What a JSON document may cost before the parser refuses it.
///
/// Every limit is checked before the memory it guards is taken. A parsed document then holds at most `maximumBytes` of
/// text and `maximumValues` values of some hundred bytes each.
public struct JSONLimits: Sendable, Equatable {
  /// Bytes of the whole document.
  public var maximumBytes: Int
  /// Arrays and objects inside one another: 1 allows `[1]`, 2 allows `[[1]]`.
  public let maximumDepth: Int
  /// Members of one object.
  public var maximumMembers: Int
  /// Values in the document: every scalar, array and object counts one.
  public var maximumValues: Int

  /// The deepest nesting any caller may allow. Values are read, compared, written and freed by recursion; at this depth
  /// that takes less than 512 KiB of stack even in an unoptimised build (at 200 it did not).
  public static let deepestNesting = 64

  /// - Parameter maximumDepth: 0…`deepestNesting`; what lies outside is brought to the nearer end.
  public init(maximumBytes: Int, maximumDepth: Int, maximumMembers: Int, maximumValues: Int) {
    self.maximumBytes = maximumBytes
    self.maximumDepth = min(max(maximumDepth, 0), Self.deepestNesting)
    self.maximumMembers = maximumMembers
    self.maximumValues = maximumValues
  }

  /// A file that the user names, such as a saved report: a day of intervals over many streams fits, a disk image named
  /// by mistake does not exhaust the memory.
  public static let file = JSONLimits(
    maximumBytes: 256 << 20, maximumDepth: 64, maximumMembers: 4096, maximumValues: 8 << 20)
}
