import Report
import Testing

@testable import Presentation

@Suite("Histograms of sizes")
struct HistogramChartTests {
  private static func chart(_ classes: [(UInt64, UInt64, UInt64)]) -> String {
    HistogramChart(
      name: "n", title: "t", axisTitle: "bytes", unit: "completion",
      classes: classes.map { SampleClass(atLeast: $0.0, atMost: $0.1, samples: $0.2) }
    ).chart().file
  }

  @Test("Every class is a column with its bounds, its share and its count")
  func columns() {
    let file = Self.chart([(12, 13, 1), (1280, 1535, 2), (4096, 5119, 5)])
    for tip in ["12 to 13 bytes: 12.50 % (1)", "1280 to 1535 bytes: 25.00 % (2)", "4096 to 5119 bytes: 62.50 % (5)"] {
      #expect(file.contains(">\(tip)<"))
    }
    #expect(file.contains("% of 8 completions"))
    #expect(file.contains("3 classes of sizes; the fullest, 4096 to 5119 bytes, has 62.5 %"))
    for tick in ["8", "16", "1K", "4K", "8K"] { #expect(file.contains(">\(tick)<"), "\(tick)") }
  }

  @Test(
    "Columns lie within the picture, wherever their classes lie",
    arguments: [
      [(0, 0, 1)], [(1, 1, 1)], [(4096, 4096, .max)], [(0, .max, 1)], [(.max, .max, .max), (0, 0, .max)],
      [(65_536, 81_919, 3)], [(1, 1, .max), (2, 2, 1)],
    ] as [[(UInt64, UInt64, UInt64)]])
  func extremes(classes: [(UInt64, UInt64, UInt64)]) throws {
    let file = Self.chart(classes)
    let columns = file.split(separator: "<rect class=\"f0\" ").dropFirst()
    #expect(columns.count == classes.count)
    for column in columns {
      func value(_ name: String) throws -> Double {
        let parts = column.split(separator: "\(name)=\"", maxSplits: 1, omittingEmptySubsequences: false)
        let text = try #require(parts.last?.prefix { $0 != "\"" })
        return try #require(Double(text))
      }
      let (x, width) = (try value("x"), try value("width"))
      let (y, height) = (try value("y"), try value("height"))
      #expect(x >= 0 && x + width <= Chart.width)
      #expect(y >= 0 && abs(y + height - 200) < 0.2)
    }
  }
}
