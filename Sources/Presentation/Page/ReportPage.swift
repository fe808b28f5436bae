import Report

/// Everything the files tell as one HTML page that needs nothing else: no script, no network, no font.
public struct ReportPage {
  private let documents: [RecordedDocument]
  private let excludingDisturbed: Bool

  public init(_ documents: [RecordedDocument], excludingDisturbed: Bool = false) {
    self.documents = documents
    self.excludingDisturbed = excludingDisturbed
  }

  /// The file's text.
  public var html: String {
    var chartNumber = 0
    let sections = documents.map { section(for: $0) }
    var body = header(sections)
    for (number, section) in sections.enumerated() {
      body += section.markup(number: number + 1, chartNumber: &chartNumber)
    }
    body += .element(
      "footer", [:],
      .element(
        "p", ["class": "faint"],
        .text("Medians with 95 % bootstrap intervals; a difference is called by an exact rank test (docs/compare.md)."))
    )
    return Markup.document(
      .element("html", ["lang": "en"], head, .element("body", [:], body))
    ).text
  }

  private func section(for document: RecordedDocument) -> PageSection {
    switch document {
    case .run(let run): RunSection(run).section
    case .comparison(let comparison, let name):
      ComparisonSection(comparison, name: name, excludingDisturbed: excludingDisturbed).section
    case .sweep(let sweep, let name):
      SweepSection(excludingDisturbed ? sweep.excludingDisturbed() : sweep, name: name).section
    }
  }

  /// Were markup to get past the escaping all the same, the policy lets the browser neither run nor load anything.
  private var head: Markup {
    .element(
      "head", [:],
      .empty("meta", ["charset": "utf-8"]),
      .empty(
        "meta",
        [
          "http-equiv": "Content-Security-Policy",
          "content": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
        ]),
      .empty("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
      .empty("meta", ["name": "color-scheme", "content": "light dark"]),
      .element("title", [:], .text("zcrx-bench report")), .styleSheet(PageStyle.rules), ChartStyle.sheet)
  }

  private func header(_ sections: [PageSection]) -> Markup {
    let verdict = sections.flatMap { section in
      section.verdict.map { Markup.element("p", ["class": $0.isAlarm ? "alarm" : "plain"], .text($0.text)) }
    }
    var header = Markup.element("h1", [:], .text("zcrx-bench report"))
    header += .element("div", ["class": "verdict", "id": "verdict"], all: verdict)
    if sections.count > 1 {
      let links = sections.enumerated().map { index, section in
        Markup.element("li", [:], .element("a", ["href": "#part-\(index + 1)"], .text(section.title)))
      }
      header += .element("nav", ["aria-label": "Parts"], .element("ul", [:], all: links))
    }
    return .element("header", [:], header)
  }
}
