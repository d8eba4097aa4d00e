"""Draws the plot; runs in the peers' environment, which has matplotlib.

plot.py FILE.svg    with the bars as JSON on standard input
"""

import json
import sys

import matplotlib

matplotlib.use("svg")
# The same figures give the same file, and its words stay words.
matplotlib.rcParams |= {"svg.hashsalt": "treadle", "svg.fonttype": "none", "font.size": 9}

from matplotlib import pyplot  # noqa: E402  (the backend is chosen before)
from matplotlib.axes import Axes  # noqa: E402

Bars = list[tuple[str, float]]

OURS, THEIRS, MISSED = "#1f6feb", "#b8c0cc", "#d1495b"
MOST = 4.0  # where a bar is cut off


def draw_rates(axes: Axes, bars: Bars) -> None:
    bars = sorted(bars, key=lambda bar: bar[1])
    colours = [OURS if name.startswith("Treadle") else THEIRS for name, _ in bars]
    drawn = axes.barh([name for name, _ in bars], [rate for _, rate in bars], color=colours)
    axes.bar_label(drawn, [f"{rate:,.0f}" for _, rate in bars], padding=4)
    axes.set_title("JSON to 64 connections: requests a second", loc="left")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.margins(x=0.12)


def draw_goals(axes: Axes, bars: Bars) -> None:
    bars = bars[::-1]  # the first on top
    shown = [min(reached, MOST) for _, reached in bars]
    colours = [OURS if reached >= 1 else MISSED for _, reached in bars]
    drawn = axes.barh([label for label, _ in bars], shown, color=colours)
    axes.bar_label(drawn, [f"{reached:.2f}" for _, reached in bars], padding=4)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_title("Goals: how much of each was reached (1 = met)", loc="left")
    axes.margins(x=0.12)


def main() -> None:
    bars = json.load(sys.stdin)
    rows = [max(2, len(bars["rates"])), max(2, len(bars["goals"]))]
    size = (10, 1.6 + 0.3 * sum(rows))
    figure, (above, below) = pyplot.subplots(
        2, 1, figsize=size, height_ratios=rows, layout="constrained", facecolor="white"
    )
    draw_rates(above, bars["rates"])
    draw_goals(below, bars["goals"])
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(sys.argv[1], metadata={"Date": None})


if __name__ == "__main__":
    main()
