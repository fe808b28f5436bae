/// What a page says about one document.
struct PageSection {
  var title: String
  /// Sentences for the top of the page.
  var verdict: [(text: String, isAlarm: Bool)] = []
  /// What was run where, in sentences.
  var facts: [String] = []
  var charts: [Chart] = []
  var tables: [PageTable] = []
  /// Long ones, folded.
  var folded: [PageTable] = []
  var notes: [String] = []

  func markup(number: Int, chartNumber: inout Int) -> Markup {
    var contents = Markup.element("h2", [:], .text(title))
    for fact in facts { contents += .element("p", [:], .text(fact)) }
    var figures: [Markup] = []
    for chart in charts {
      chartNumber += 1
      figures.append(
        .element(
          "figure", [:], .element("figcaption", [:], .text(chart.title)), chart.markup(number: chartNumber)))
    }
    if !figures.isEmpty { contents += .element("div", ["class": "charts"], all: figures) }
    for table in tables { contents += table.markup }
    for table in folded {
      contents += .element("details", [:], .element("summary", [:], .text(table.caption)), table.markup)
    }
    if !notes.isEmpty {
      contents += .element("h3", [:], .text("Notes"))
      contents += .element("ul", [:], all: notes.map { .element("li", [:], .text($0)) })
    }
    return .element("section", ["id": "part-\(number)"], contents)
  }
}
