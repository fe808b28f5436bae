import Testing

@testable import Presentation

@Suite("Markup")
struct MarkupTests {
  @Test("Text of anybody's is text, between tags and in attributes")
  func escaping() {
    let hostile = "<script>alert(1)</script>\" onload='x' & \u{202E}\u{1B}[31m\n"
    let markup = Markup.element("p", ["title": hostile], .text(hostile)).text
    let safe =
      "&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&#39;x&#39; &amp; \\u{202e}\\u{1b}[31m\\u{a}"
    #expect(markup == "<p title=\"\(safe)\">\(safe)</p>")
  }
}
