"""Spaces, architectures and their errors."""

import json

import pytest
import untrained as ut

from conftest import CELL


def test_every_built_in_space_opens_and_samples():
    ids = ut.spaces()
    assert "nas-bench-201" in ids and len(ids) > 10
    for name in ids:
        space = ut.space(name)
        (architecture,) = space.sample(1, seed=3)
        assert space.id == name
        assert space.parse(str(architecture)) == architecture
        assert space.sample(1, seed=3) == [architecture]


def test_a_space_tells_what_it_is():
    space = ut.space("nas-bench-201")
    assert (space.count, space.classes, space.input, space.topology) == (15625, 10, (3, 32, 32), "edge-cell")
    assert space.operations[:2] == ["none", "skip_connect"]
    assert "NAS-Bench-201" in space.title
    assert ut.space("nds-darts").count > 2**53, "counts are whole numbers of any size"
    assert [str(each) for each in space.enumerate(5, 2)] == [str(space.from_index(5)), str(space.from_index(6))]
    with pytest.raises(IndexError, match="15625"):
        space.from_index(15625)


def test_values_are_overridden_and_dicts_are_spaces():
    space = ut.space("nas-bench-201", input=(1, 16, 16), classes=3, set={"skeleton.cells": 2})
    assert (space.input, space.classes) == ((1, 16, 16), 3)
    plain = ut.space("nas-bench-201")
    assert space != plain and space.parse(CELL).params < plain.parse(CELL).params
    tomllib = pytest.importorskip("tomllib")
    again = ut.space(tomllib.loads(space.text))
    assert again.parse(CELL).params == space.parse(CELL).params
    study = ut.search(again, samples=2, score="params")
    assert len(study) == 2 and study.space.classes == 3


def test_a_space_file_is_a_space(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(ut.space("nas-bench-201", classes=7).text)
    assert ut.space(path).classes == 7
    assert ut.space(str(path)) == ut.space(path)


def test_architectures():
    architecture = ut.space("nas-bench-201").parse(CELL)
    assert str(architecture) == architecture.notation == CELL
    assert architecture.params > 100_000
    assert architecture.macs > architecture.params
    assert architecture.is_connected and architecture.index is not None
    assert ut.space("nas-bench-201").from_index(architecture.index) == architecture
    assert architecture.decisions["edge 0-1"] == "nor_conv_3x3"
    neighbours = architecture.neighbours()
    assert len(neighbours) == 24 and architecture.mutate(1) in neighbours
    assert len({architecture, architecture.space.parse(CELL)}) == 1


def test_drawings(tmp_path):
    architecture = ut.space("nas-bench-201").parse(CELL)
    dot = architecture.to_dot(tmp_path / "cell.dot")
    assert dot.startswith("digraph") and "nor_conv_3x3" in dot
    assert (tmp_path / "cell.dot").read_text() == dot
    assert architecture.to_svg().startswith("<svg") and architecture._repr_svg_() == architecture.to_svg()
    with pytest.raises(ut.OutputError, match="cell.dot"):
        architecture.to_dot(tmp_path / "cell.dot")
    architecture.to_dot(tmp_path / "cell.dot", overwrite=True)


def test_an_unknown_space_names_the_nearest():
    with pytest.raises(ut.SpaceError, match="nas-bench-201") as caught:
        ut.space("nas-bench-210")
    assert caught.value.problems == []
    assert isinstance(caught.value, ut.Error) and isinstance(caught.value, ValueError)


def test_all_problems_of_a_space_are_told(tmp_path):
    path = tmp_path / "wrong.toml"
    text = ut.space("nas-bench-201").text
    path.write_text(text.replace("classes = 10", "classes = 0").replace('"none"', '"nun"', 1))
    with pytest.raises(ut.SpaceError) as caught:
        ut.space(path)
    problems = caught.value.problems
    assert len(problems) >= 2
    assert {"classes"} <= {problem.path for problem in problems}
    assert all(problem.message for problem in problems) and problems[0].line is not None
    with pytest.raises(ut.SpaceError, match="skeleton.cels"):
        ut.space("nas-bench-201", set={"skeleton.cels": 1})
    with pytest.raises(ut.SpaceError):
        ut.space(json.loads('{"format": "untrained-space/1"}'))


def test_a_wrong_architecture_says_where():
    with pytest.raises(ut.ArchitectureError, match="nor_conv_9x9"):
        ut.space("nas-bench-201").parse(CELL.replace("nor_conv_3x3", "nor_conv_9x9"))
