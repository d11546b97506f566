import json
import time

import pytest

from pianomime.controllers.registry import find_preparation
from pianomime.evaluation.bench import Bench, run_bench, summary
from pianomime.evaluation.players import Options
from pianomime.evaluation.report import write_report
from pianomime.score.score import Note, Score

SONGS = [
    Score.from_notes(name, [Note(0.0, 0.3, key), Note(0.4, 0.8, key + 4)])
    for name, key in (("low", 20), ("high", 60))
]


def bench(folder, songs=SONGS, controller="expert", **options):
    new = []
    records = run_bench(
        songs,
        Bench(find_preparation(controller), "pianomime", Options(**options)),
        folder,
        1,
        new.append,
        now_s=time.perf_counter,
    )
    return records, [record["title"] for record in new]


def test_it_goes_on_where_it_was_interrupted(tmp_path):
    _, new = bench(tmp_path, SONGS[:1])
    assert new == ["low"]
    with (tmp_path / "results.jsonl").open("a") as file:
        file.write('{"title": "hi')  # killed while writing
    records, new = bench(tmp_path)
    assert new == ["high"]
    assert [record["title"] for record in records] == ["low", "high"]
    assert all(record["f1"] > 0.9 for record in records)
    assert bench(tmp_path)[1] == []


def test_results_of_other_code_are_not_taken_for_its_own(tmp_path, monkeypatch):
    bench(tmp_path, SONGS[:1])
    monkeypatch.setattr("pianomime.evaluation.bench._code", lambda _: "changed")
    records, new = bench(tmp_path, SONGS[:1])
    assert new == ["low"]
    assert [record["code"] for record in records] == ["changed"]


def test_longer_learning_is_another_result(tmp_path):
    for rollouts in (1, 2):
        records, new = bench(tmp_path, SONGS[:1], "learned", rollouts=rollouts)
        assert new == ["low"]
        assert [record["rollouts"] for record in records] == [rollouts]


def test_the_report_ranks_songs_and_the_summary_averages(tmp_path):
    records, _ = bench(tmp_path)
    records[1] = records[1] | {"f1": 0.5, "velocity_error": None}
    write_report(records, tmp_path)
    rows = (tmp_path / "table.md").read_text().splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == ["| high", "| low"]
    assert (tmp_path / "songs.png").stat().st_size > 1000
    means = json.loads((tmp_path / "summary.json").read_text())
    assert means["worst"] == "high"
    assert means["f1"] == pytest.approx((records[0]["f1"] + 0.5) / 2)
    assert means["velocity_error"] == records[0]["velocity_error"]
    assert summary(records)["songs"] == 2
