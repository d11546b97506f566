"""Report of a benchmark: summary, table and plot."""

from collections.abc import Sequence
from pathlib import Path

from pianomime.evaluation.bench import Record, summary
from pianomime.json_text import json_text

_COLUMNS = (
    "f1", "f1_sounding", "note_f1", "note_f1_25", "lateness_s", "spread_s", "extra_per_100",
    "missing_per_100", "length_f1", "velocity_error", "velocity_f1", "pedal_f1",
)  # fmt: skip


def write_report(records: Sequence[Record], folder: Path) -> None:
    """Write summary.json, table.md and songs.png; songs by rising F1."""
    ranked = sorted(records, key=lambda record: record["f1"])
    (folder / "summary.json").write_text(json_text(summary(records), indent=2) + "\n")
    lines = [
        f"| song | s | notes | dropped | {' | '.join(_COLUMNS)} | preparation s |",
        "| --- " * (len(_COLUMNS) + 5) + "|",
    ]
    for r in ranked:
        figures = " | ".join("" if r[name] is None else f"{r[name]:.3f}" for name in _COLUMNS)
        dropped = "" if r["dropped"] is None else len(r["dropped"])
        facts = f"{r['title']} | {r['music_s']:.0f} | {r['notes']} | {dropped}"
        lines.append(f"| {facts} | {figures} | {r['preparation_s']:.1f} |")
    (folder / "table.md").write_text("\n".join(lines) + "\n")
    _plot(ranked, folder / "songs.png")


def _plot(ranked: Sequence[Record], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 1 + 0.18 * len(ranked)), layout="constrained")
    axes = figure.subplots()
    places = range(len(ranked))
    axes.barh(places, [r["f1"] for r in ranked], color="#4477aa", label="F1 of keys")
    axes.plot([r["note_f1"] for r in ranked], places, "o", color="#ee6677", label="note F1")
    axes.set_yticks(places, [r["title"] for r in ranked], fontsize=7)
    axes.set_xlim(0, 1)
    axes.legend(loc="lower left")
    figure.savefig(path, dpi=120)
