"""Results as Markdown."""

TITLES = ["pair", "Gb/s", "× the first", "receiver CPU-s/GiB", "× the first", "sender CPU-s/GiB", "× the first",
          "receiver's CPU busy", "sender's CPU busy"]


def number(value, digits):
    if value is None:
        return "–"
    text = f"{value['median']:.{digits}f}"
    return f"{text} [{value['interval'][0]:.{digits}f}–{value['interval'][1]:.{digits}f}]" if value["interval"] else text


def percent(value):
    return "–" if value is None else f"{value['median'] * 100:.0f} %"


def row(result):
    if result["failure"] and not result["gbps"]:
        return [result["label"], "failed", *["–"] * (len(TITLES) - 2)]
    cells = [result["label"]]
    for key, digits in (("gbps", 1), ("rx_cpu", 3), ("tx_cpu", 3)):
        cells += [number(result[key], digits), number(result["ratios"][key], 2)]
    return cells + [percent(result["rx_busy"]), percent(result["tx_busy"])]


def markdown(result):
    flows = "one flow" if result["flows"] == 1 else f"{result['flows']} flows"
    lines = [f"### {result['question'].capitalize()}: {result['network']}, {result['block']} writes, {flows}", "",
             "| " + " | ".join(TITLES) + " |", "|" + "---|" * len(TITLES)]
    lines += ["| " + " | ".join(row(one)) + " |" for one in result["rows"]]
    failures = ["- {} failed: {}".format(one["label"], "; ".join(one["failure"].splitlines()[:2]))
                for one in result["rows"] if one["failure"]]
    lost = f"{result['spin_lost'] * 100:.2f} %, longest gap {result['spin_longest_gap'] * 1e3:.1f} ms"
    return "\n".join([*lines, *failures, "", f"A spinning loop lost {lost} just before."])
