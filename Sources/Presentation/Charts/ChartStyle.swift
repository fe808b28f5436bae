/// Colours of charts, light and dark. Text and lines have at least 4.5 : 1 against the ground; what a colour tells, a
/// dash pattern or a label tells too.
enum ChartStyle {
  static let sheet = Markup.styleSheet(rules)

  static let rules: StaticString = """
    .chart{--ground:#fff;--ink:#1b1f24;--faint:#59636e;--grid:#d1d9e0;--c0:#0b5fa5;--c1:#a84300;--c2:#1a6b2f;--c3:#7a1fa2;\
    --c4:#a40e26;--c5:#5c5c00;font:14px system-ui,sans-serif}
    @media (prefers-color-scheme:dark){.chart{--ground:#0d1117;--ink:#e6edf3;--faint:#9aa5b1;--grid:#30363d;--c0:#6cb6ff;\
    --c1:#f0a868;--c2:#7ee08a;--c3:#d2a8ff;--c4:#ff9a94;--c5:#d8d36a}}
    @media print{.chart{--ground:#fff;--ink:#000;--faint:#444;--grid:#bbb;--c0:#0b5fa5;--c1:#a84300;--c2:#1a6b2f;--c3:#7a1fa2;\
    --c4:#a40e26;--c5:#5c5c00}}
    .chart.alone{background:var(--ground)}
    .chart .label{fill:var(--ink)}.chart .tick{fill:var(--faint);font-size:12px}.chart .grid{stroke:var(--grid)}
    .chart .curve{fill:none;stroke-width:2}.chart .band{fill-opacity:.25;stroke-width:1}
    .chart .s0{stroke:var(--c0)}.chart .s1{stroke:var(--c1);stroke-dasharray:7 3}.chart .s2{stroke:var(--c2);stroke-dasharray:2 3}
    .chart .s3{stroke:var(--c3);stroke-dasharray:9 3 2 3}.chart .s4{stroke:var(--c4);stroke-dasharray:4 2}
    .chart .s5{stroke:var(--c5);stroke-dasharray:1 2}
    .chart .f0{fill:var(--c0)}.chart .f1{fill:var(--c1)}.chart .f2{fill:var(--c2)}.chart .f3{fill:var(--c3)}
    .chart .f4{fill:var(--c4)}.chart .f5{fill:var(--c5)}.chart .fidle{fill:var(--grid)}
    .chart .whisker{stroke:var(--ink);stroke-width:2}.chart .dot{fill:var(--c0);stroke:var(--ink)}
    .chart .cell{fill:var(--c0);stroke:var(--grid)}.chart .missing{fill:none;stroke:var(--grid);stroke-dasharray:3 3}
    """

  /// The colours there are.
  static let colours = 6
}
