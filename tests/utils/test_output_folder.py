"""Folders that a mode replaces only where it wrote them."""

import pytest
from omegaconf import OmegaConf

from base.errors import UserError
from utils.files.output_folder import MARK, replaced_whole


def cfg(output, overwrite=False, root=None, mode="cut_words"):
    return OmegaConf.create({"output": str(output), "overwrite": overwrite, "mode": {"name": mode}, "data": {"root": root}})


def test_a_folder_is_written_whole_and_replaced_by_its_mode_alone(tmp_path):
    output = tmp_path / "out"
    with replaced_whole(cfg(output)) as work:
        (work / "a.txt").write_text("one")
        assert not output.exists()
    assert (output / "a.txt").read_text() == "one" and (output / MARK).read_text().strip() == "cut_words"
    with pytest.raises(UserError, match="overwrite=true"), replaced_whole(cfg(output)):
        pass
    with replaced_whole(cfg(output, overwrite=True)) as work:
        (work / "b.txt").write_text("two")
    assert not (output / "a.txt").exists() and (output / "b.txt").is_file()
    with pytest.raises(UserError, match="did not write"), replaced_whole(cfg(output, overwrite=True, mode="annotate_next")):
        pass


def test_what_others_wrote_stays(tmp_path):
    mine = tmp_path / "thesis"
    mine.mkdir()
    (mine / "chapter.txt").write_text("years of work")
    with pytest.raises(UserError, match="mode=cut_words did not write"), replaced_whole(cfg(mine, overwrite=True)):
        pass
    aside = tmp_path / "other.partial"
    aside.mkdir()
    with pytest.raises(UserError, match=r"other.partial holds files"), replaced_whole(cfg(tmp_path / "other", overwrite=True)):
        pass
    assert (mine / "chapter.txt").is_file()


@pytest.mark.parametrize("output", ["data", "data/inside", "."])
def test_the_data_are_never_overwritten(tmp_path, output):
    (tmp_path / "data").mkdir()
    broken = cfg(tmp_path / output, overwrite=True, root=str(tmp_path / "data"))
    with pytest.raises(UserError, match=r"overlaps with data\.root"), replaced_whole(broken):
        pass


def test_a_failure_leaves_the_old_folder(tmp_path):
    output = tmp_path / "out"
    with replaced_whole(cfg(output)) as work:
        (work / "a.txt").write_text("one")
    with pytest.raises(RuntimeError), replaced_whole(cfg(output, overwrite=True)):
        raise RuntimeError
    assert (output / "a.txt").read_text() == "one"
