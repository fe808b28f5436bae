/// The page's own style sheet; nothing is loaded from anywhere.
enum PageStyle {
  static let rules: StaticString = """
    :root{color-scheme:light dark;--ground:#fff;--ink:#1b1f24;--faint:#59636e;--line:#d1d9e0;--soft:#f3f5f7;--alarm:#a40e26;\
    --link:#0b5fa5}
    @media (prefers-color-scheme:dark){:root{--ground:#0d1117;--ink:#e6edf3;--faint:#9aa5b1;--line:#30363d;--soft:#161b22;\
    --alarm:#ff9a94;--link:#6cb6ff}}
    *{box-sizing:border-box}
    body{margin:0 auto;padding:1rem;max-width:68rem;background:var(--ground);color:var(--ink);\
    font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
    h1{font-size:1.6rem;margin:.2rem 0}h2{font-size:1.25rem;margin:2rem 0 .5rem;border-top:1px solid var(--line);padding-top:1rem}
    h3{font-size:1.05rem;margin:1.4rem 0 .4rem}p{margin:.4rem 0}.faint{color:var(--faint)}
    .verdict{background:var(--soft);border-left:.3rem solid var(--link);padding:.6rem 1rem;margin:.8rem 0;font-size:1.1rem}
    .verdict p{margin:.2rem 0}.alarm{color:var(--alarm);font-weight:600}
    a{color:var(--link)}a:focus-visible,summary:focus-visible,.frame:focus-visible{outline:3px solid var(--link);outline-offset:2px}
    .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1rem;margin:.8rem 0}
    figure{margin:0}figcaption{font-weight:600;margin-bottom:.2rem}svg.chart{width:100%;height:auto;max-width:44rem}
    .frame{overflow-x:auto;margin:.6rem 0}table{border-collapse:collapse;font-size:.92rem}
    caption{text-align:left;font-weight:600;padding:.2rem 0}th,td{text-align:left;padding:.2rem .7rem .2rem 0;vertical-align:top;\
    border-bottom:1px solid var(--line);overflow-wrap:normal}
    td.text{overflow-wrap:anywhere;min-width:8rem}td.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
    summary{cursor:pointer;color:var(--link);padding:.3rem 0}
    @media print{:root{--ground:#fff;--ink:#000;--faint:#444;--line:#bbb;--soft:#f3f3f3;--alarm:#a40e26;--link:#000}\
    body{max-width:none;padding:0;font-size:11pt}.frame{overflow:visible}figure,.verdict,tr{break-inside:avoid}\
    h2,h3,caption{break-after:avoid}nav{display:none}}
    """
}
