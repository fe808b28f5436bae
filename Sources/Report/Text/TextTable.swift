/// Rows of text in aligned columns, for a terminal.
public struct TextTable: Sendable {
  public enum Alignment: Sendable {
    case left
    case right
  }

  private let alignments: [Alignment]
  private var rows: [[String]]

  /// - Parameter columns: the heading and the alignment of each.
  public init(columns: [(heading: String, alignment: Alignment)]) {
    alignments = columns.map(\.alignment)
    rows = [columns.map(\.heading)]
  }

  /// Adds a row; missing cells stay empty, and control characters are neutralised.
  public mutating func add(_ cells: [String]) {
    rows.append(alignments.indices.map { $0 < cells.count ? cells[$0].printable : "" })
  }

  public var lines: [String] {
    let widths = alignments.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let rule = widths.map { String(repeating: "-", count: $0) }
    return ([rows[0], rule] + rows.dropFirst()).map { row in
      let cells = zip(zip(row, widths), alignments).map { pair, alignment in
        let padding = String(repeating: " ", count: pair.1 - pair.0.count)
        return alignment == .left ? pair.0 + padding : padding + pair.0
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}
