"""The measured part of docs/performance.md: between two marks, replaced as a whole."""

BEGIN, END = "<!-- scripts/bench begins -->", "<!-- scripts/bench ends -->"


def replace(page, text):
    before, rest = page.read_text().split(BEGIN)
    _, after = rest.split(END)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")
