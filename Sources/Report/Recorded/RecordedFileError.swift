/// Why a file is no report, and where in it.
public struct RecordedFileError: Error, Sendable, Equatable, CustomStringConvertible {
  public var file: String
  /// The byte, or the value and member at fault; empty where it is the file as a whole.
  public var place: String
  public var problem: String

  public init(file: String, place: String = "", problem: String) {
    self.file = file
    self.place = place
    self.problem = problem
  }

  public var description: String {
    "'\(file)'\(place.isEmpty ? "" : ", \(place)"): \(problem)"
  }
}
