"""Every format of the field: read as its authors describe it, mistakes named with file and line, splits without leaks."""

import io
import json

import lmdb
import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image

from base.errors import EmptySplit, UserError
from base.registry import SOURCES
from data_generators.sources.reading.opening import open_sources
from tests.conftest import config
from utils.configuration.check import check


def picture(width: int = 120, height: int = 40, tone: int = 230) -> np.ndarray:
    """A line with a stroke in it."""
    image = np.full((height, width), tone, np.uint8)
    image[height // 2 : height // 2 + 3, 8 : width - 8] = 30
    return image


def png(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def save(path, image=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png(picture() if image is None else image))


def open_source(name, root, *overrides, split="train"):
    cfg = config("mode=check_data", f"data={name}", f"data.root={root}", *overrides)
    return SOURCES.get(name)(cfg.data, split)


def texts(source):
    return [source.sample(index, np.random.default_rng(0)).text for index in range(len(source))]


# folder


def test_pairs_of_image_and_text(tmp_path):
    for split in ("train", "val"):
        for number in range(2):
            save(tmp_path / split / "page7" / f"{number}.png")
            (tmp_path / split / "page7" / f"{number}.gt.txt").write_text(f"{split} né {number}\n", encoding="utf-8")
    with pytest.raises(UserError, match="page7 would be in more than one split"):
        open_source("folder", tmp_path)
    (tmp_path / "val/page7").rename(tmp_path / "val/page8")
    source = open_source("folder", tmp_path, split="val")
    assert texts(source) == ["val né 0", "val né 1"]
    assert source.size(0, np.random.default_rng(0)) == (40, 120)


def test_labels_in_file_names(tmp_path):
    for name in ("Straße_1.png", "two_words_17.png", "plain.png"):
        save(tmp_path / "train" / name)
    source = open_source("folder", tmp_path, "data.labels=names", "data.split.by=given")
    assert sorted(texts(source)) == ["Straße", "plain", "two_words"]


def test_an_image_without_its_text_is_named(tmp_path):
    save(tmp_path / "a.png")
    (tmp_path / "b.gt.txt").write_text("x")
    with pytest.raises(UserError, match=r"a\.png: there is no a\.gt\.txt beside it"):
        open_source("folder", tmp_path)
    save(tmp_path / "b.png")
    source = open_source("folder", tmp_path, "data.on_problem=skip", "data.split.test=0", "data.split.val=0")
    assert texts(source) == ["x"]
    assert [(left.where, left.fault) for left in source.left_out] == [(str(tmp_path / "a.png"), True)]


def test_mixed_encodings_name_the_line(tmp_path):
    save(tmp_path / "a.png")
    rows = "image\ttext\tgroup\tsplit\na.png\tné\tg\ttrain\n".encode() + "a.png\tné\tg\ttrain\n".encode("latin-1")
    (tmp_path / "labels.tsv").write_bytes(rows)
    with pytest.raises(UserError, match=r"labels\.tsv:3: it is not UTF-8"):
        open_source("folder", tmp_path)


def test_names_cannot_leave_the_root(tmp_path):
    save(tmp_path / "outside.png")
    (tmp_path / "root").mkdir()
    for name in ("../outside.png", str(tmp_path / "outside.png"), "link/outside.png", "link.png"):
        (tmp_path / "root/labels.tsv").write_text(f"image\ttext\tgroup\tsplit\n{name}\tx\tg\ttrain\n")
        if name.startswith("link/") and not (tmp_path / "root/link").exists():
            (tmp_path / "root/link").symlink_to(tmp_path)
        if name == "link.png":
            (tmp_path / "root/link.png").symlink_to(tmp_path / "outside.png")
        with pytest.raises(UserError, match="lies outside"):
            open_source("folder", tmp_path / "root")


def test_numbering_that_begins_anew_in_each_split_is_no_leak(tmp_path):
    for split in ("train", "val"):
        for folder in ("", "images/"):
            save(tmp_path / split / f"{folder}0000.png")
            (tmp_path / split / f"{folder}0000.gt.txt").write_text(split)
    assert texts(open_source("folder", tmp_path, split="val")) == ["val", "val"]


def test_names_that_no_file_can_have(tmp_path):
    save(tmp_path / "a.png")
    (tmp_path / "labels.tsv").write_text(f"image\ttext\tgroup\tsplit\n{'x' * 400}\ta.png\tg\ttrain\n")
    with pytest.raises(UserError, match=r"labels\.tsv:2: there is no image xxx"):
        open_source("folder", tmp_path)


def test_windows_line_ends_and_byte_order_marks(tmp_path):
    save(tmp_path / "A.PNG")
    (tmp_path / "labels.tsv").write_bytes("\ufeffimage\ttext\tgroup\tsplit\r\nA.PNG\tné\tg\ttrain\r\n".encode())
    assert texts(open_source("folder", tmp_path)) == ["né"]


# splits


def table_of(tmp_path, groups, split=""):
    save(tmp_path / "a.png")
    rows = [f"a.png\ttext {number}\t{group}\t{split}" for number, group in enumerate(groups)]
    (tmp_path / "labels.tsv").write_text("\n".join(["image\ttext\tgroup\tsplit", *rows]) + "\n")


def test_fractions_never_part_a_group(tmp_path):
    table_of(tmp_path, [f"writer{number // 7}" for number in range(140)])
    sources = open_sources(config("mode=check_data", "data=folder", f"data.root={tmp_path}").data, ["train", "val", "test"])
    sizes = {split: len(source) for split, source in sources.items()}
    assert sum(sizes.values()) == 140
    assert all(size % 7 == 0 and size >= 7 for size in sizes.values())
    groups = [
        {source.sample(index, np.random.default_rng(0)).group for index in range(len(source))} for source in sources.values()
    ]
    assert not groups[0] & groups[1] and not groups[0] & groups[2] and not groups[1] & groups[2]
    again = open_source("folder", tmp_path, "data.split.seed=2", split="val")
    assert texts(again) != texts(sources["val"])


def test_lists_say_what_is_in_a_split(tmp_path):
    table_of(tmp_path, ["w1", "w2", "w3"])
    (tmp_path / "train.txt").write_text("w1\nw3\n")
    (tmp_path / "test.txt").write_text("w2\n")
    lists = ["data.split.by=files", f"data.split.files.train={tmp_path}/train.txt", f"data.split.files.test={tmp_path}/test.txt"]
    assert texts(open_source("folder", tmp_path, *lists)) == ["text 0", "text 2"]
    with pytest.raises(EmptySplit, match="val split of 3"):
        open_source("folder", tmp_path, *lists, split="val")
    (tmp_path / "test.txt").write_text("w2\nw1\n")
    with pytest.raises(UserError, match="w1 is listed for both"):
        open_source("folder", tmp_path, *lists)


def test_names_with_spaces_in_lists(tmp_path):
    table_of(tmp_path, ["page 1", "page 2"])
    (tmp_path / "train.txt").write_text("page 1\n")
    source = open_source("folder", tmp_path, "data.split.by=files", f"data.split.files.train={tmp_path}/train.txt")
    assert texts(source) == ["text 0"]
    assert [(left.where, left.reason) for left in source.left_out] == [
        ("page 2 (sample 1)", "none of the lists in data.split.files names it")
    ]


def test_samples_without_a_split_are_listed_one_by_one(tmp_path):
    save(tmp_path / "a.png")
    rows = ["a.png\tx\tw1\ttrain", *["a.png\ty\tw2\t"] * 3, "a.png\tz\tw3\textra"]
    (tmp_path / "labels.tsv").write_text("\n".join(["image\ttext\tgroup\tsplit", *rows]) + "\n")
    source = open_source("folder", tmp_path)
    assert [left.reason for left in source.left_out] == ["the data give it no split"] * 3 + [
        "its split is neither train nor val nor test"
    ]
    assert not open_source("folder", tmp_path, "data.split.by=fraction", "data.split.val=0", "data.split.test=0").left_out


def test_a_leak_is_an_error(tmp_path):
    save(tmp_path / "a.png")
    (tmp_path / "labels.tsv").write_text("image\ttext\tgroup\tsplit\na.png\tx\tpage 3\ttrain\na.png\ty\tpage 3\ttest\n")
    with pytest.raises(UserError, match=r"page 3 would be in more than one split.*data\.split\.by=fraction"):
        open_source("folder", tmp_path)


# labels.json


def test_labels_json(tmp_path):
    save(tmp_path / "img/1.png")
    save(tmp_path / "img/2.png")
    content = {"train": [{"filename": "1.png", "label": "one"}], "val": [{"filename": "2.png", "label": "two"}], "test": []}
    (tmp_path / "labels.json").write_text(json.dumps(content))
    assert texts(open_source("labels_json", tmp_path, "data.image_folder=img", split="val")) == ["two"]


def test_labels_json_with_a_folder_in_the_names(tmp_path):
    save(tmp_path / "images/1.png")
    save(tmp_path / "images/2.png")
    content = {"train": [{"filename": "images/1.png", "label": "one"}], "val": [{"filename": "images/2.png", "label": "two"}]}
    (tmp_path / "labels.json").write_text(json.dumps(content))
    assert texts(open_source("labels_json", tmp_path)) == ["one"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", r"labels\.json:1: it is not JSON"),
        ("[]", "it must be"),
        ('{"tarin": []}', "tarin is none of train, val, test"),
        ('{"train": [{"filename": "1.png"}]}', r"train\[0\] needs the texts filename and label"),
        ('{"train": [{"filename": "9.png", "label": "x"}]}', "there is no image"),
        ('{"train": [{"filename": "../../9.png", "label": "x"}]}', "lies outside"),
    ],
)
def test_broken_labels_json(tmp_path, content, words):
    (tmp_path / "labels.json").write_text(content)
    with pytest.raises(UserError, match=words):
        open_source("labels_json", tmp_path)


# IAM

LINES = """#--- lines.txt ---
# a01-000u-00 ok 154 19 408 746 1661 89 A|MOVE|to|stop|Mr.|Gaitskell|from
a01-000u-00 ok 154 19 408 746 1661 89 A|MOVE|to|"|stop|,|"|he|said
a01-000u-01 err 156 19 395 932 1850 105 nominating|(|any|)|more
a01-117-05 ok 156 19 395 932 1850 105 broken
b02-001-00 ok 156 19 395 932 1850 105 another|writer|'s|line|.
"""


def iam(tmp_path):
    (tmp_path / "ascii").mkdir()
    (tmp_path / "ascii/lines.txt").write_text(LINES.replace("a01-117-05 ", "a01-117-05-02 "))
    (tmp_path / "ascii/forms.txt").write_text("# form writer\na01-000u 000 2 prt 7 5 52 36\na01-117 000 2\nb02-001 007 2\n")
    for identity in ("a01-000u-00", "a01-000u-01", "a01-117-05-02", "b02-001-00"):
        form = "-".join(identity.split("-")[:2])
        save(tmp_path / "lines" / form[:3] / form / f"{identity}.png")
    (tmp_path / "train.txt").write_text("a01-000u\n")
    (tmp_path / "test.txt").write_text("b02-001-00\n")
    return [
        "data.split.by=files", f"data.split.files.train={tmp_path}/train.txt", f"data.split.files.test={tmp_path}/test.txt"
    ]  # fmt: skip


def test_iam_lines(tmp_path):
    lists = iam(tmp_path)
    source = open_source("iam", tmp_path, *lists)
    assert texts(source) == ['A MOVE to "stop," he said', "nominating (any) more"]
    assert [left.reason for left in source.left_out] == ["a01-117-05-02 is broken in the distributed archive"]
    assert source.sample(0, np.random.default_rng(0)).group == "writer-000"
    assert texts(open_source("iam", tmp_path, *lists, split="test")) == ["another writer's line."]
    spaced = open_source("iam", tmp_path, *lists, "data.punctuation=ascii", "data.segmentation_errors=drop")
    assert texts(spaced) == ['A MOVE to " stop , " he said']
    assert any("err" in left.reason for left in spaced.left_out)


def test_iam_mistakes(tmp_path):
    with pytest.raises(UserError, match=r"there is no lines\.txt, nor ascii/lines\.txt"):
        open_source("iam", tmp_path)
    iam(tmp_path)
    (tmp_path / "ascii/lines.txt").write_text("a01-000u-00 154 ok\n")
    with pytest.raises(UserError, match=r"lines\.txt:1: it is not a row of lines\.txt"):
        open_source("iam", tmp_path)


def test_iam_words(tmp_path):
    iam(tmp_path)
    (tmp_path / "ascii/words.txt").write_text("a01-000u-00-00 ok 154 408 768 27 51 AT A\n")
    save(tmp_path / "words/a01/a01-000u/a01-000u-00-00.png")
    source = open_source("iam", tmp_path, "data.level=words", "data.group=form", "data.split.val=0", "data.split.test=0")
    assert texts(source) == ["A"]


# LMDB


def write_lmdb(folder, rows, count=None):
    folder.mkdir(parents=True)
    with lmdb.open(str(folder), map_size=2**24) as environment, environment.begin(write=True) as transaction:
        for number, text in enumerate(rows, start=1):
            transaction.put(f"image-{number:09d}".encode(), png(picture()))
            transaction.put(f"label-{number:09d}".encode(), text.encode())
        if count != "none":
            transaction.put(b"num-samples", str(count or len(rows)).encode())


def test_lmdb_of_the_benchmark(tmp_path):
    write_lmdb(tmp_path / "train", ["un", "deux"])
    write_lmdb(tmp_path / "validation", ["trois"])
    assert texts(open_source("lmdb", tmp_path)) == ["un", "deux"]
    assert texts(open_source("lmdb", tmp_path, split="val")) == ["trois"]


def test_the_splits_of_the_benchmark(tmp_path):
    write_lmdb(tmp_path / "training", ["un"])
    write_lmdb(tmp_path / "evaluation", ["deux"])
    assert texts(open_source("lmdb", tmp_path, split="test")) == ["deux"]


def test_an_lmdb_that_is_cut_short_or_counts_too_few(tmp_path):
    write_lmdb(tmp_path / "a", ["x" * 400] * 40)
    content = (tmp_path / "a/data.mdb").read_bytes()
    (tmp_path / "b").mkdir()
    (tmp_path / "b/data.mdb").write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match=r"data\.mdb is cut short"):
        open_source("lmdb", tmp_path / "b")
    write_lmdb(tmp_path / "c", ["un", "deux", "trois"], count=2)
    with pytest.raises(UserError, match="num-samples is 2, but it holds more"):
        open_source("lmdb", tmp_path / "c")


def test_lmdb_mistakes(tmp_path):
    with pytest.raises(UserError, match="there is no LMDB database"):
        open_source("lmdb", tmp_path)
    write_lmdb(tmp_path / "a", ["un"], count="none")
    with pytest.raises(UserError, match="has no num-samples"):
        open_source("lmdb", tmp_path / "a")
    write_lmdb(tmp_path / "b", ["un"], count=2)
    with pytest.raises(UserError, match="sample 2: there is no image-000000002"):
        open_source("lmdb", tmp_path / "b")
    (tmp_path / "c").mkdir()
    (tmp_path / "c/data.mdb").write_bytes(b"not a database")
    with pytest.raises(UserError, match="cannot be opened as LMDB"):
        open_source("lmdb", tmp_path / "c")


# parquet


def test_parquet_of_hugging_face(tmp_path):
    image = pyarrow.array([{"bytes": png(picture()), "path": None}] * 3)
    table = pyarrow.table({"image": image, "text": ["un", "deux", "trois"]})
    pyarrow.parquet.write_table(table, tmp_path / "train-00000-of-00001.parquet", row_group_size=2)
    pyarrow.parquet.write_table(table.slice(0, 1), tmp_path / "test-00000-of-00001.parquet")
    assert texts(open_source("parquet", tmp_path)) == ["un", "deux", "trois"]
    assert texts(open_source("parquet", tmp_path, split="test")) == ["un"]
    with pytest.raises(UserError, match=r"there is no column 'label' among image, text; name it with data\.text_column"):
        open_source("parquet", tmp_path, "data.text_column=label")


def test_numbers_as_groups_in_parquet(tmp_path):
    columns = {"image": [png(picture())] * 40, "text": ["x"] * 40, "group": [number // 10 for number in range(40)]}
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "data.parquet")
    groups = [
        {source.sample(index, np.random.default_rng(0)).group for index in range(len(source))}
        for source in (
            open_source("parquet", tmp_path, "data.split.val=0.25", "data.split.test=0.25", split=split)
            for split in ("train", "val", "test")
        )
    ]
    assert sorted(map(len, groups)) == [1, 1, 2] and set.union(*groups) == {"0", "1", "2", "3"}


def test_plain_bytes_in_parquet(tmp_path):
    table = pyarrow.table({"png": [png(picture()), b"junk"], "t": ["a", "b"], "writer": ["w1", "w2"], "part": ["train", "train"]})
    pyarrow.parquet.write_table(table, tmp_path / "data.parquet")
    columns = ["data.image_column=png", "data.text_column=t", "data.group_column=writer", "data.split_column=part"]
    source = open_source("parquet", tmp_path, *columns)
    assert source.sample(0, np.random.default_rng(0)).group == "w1"
    with pytest.raises(UserError, match=r"data\.parquet row 1: the file is not an image"):
        source.sample(1, np.random.default_rng(0))
    (tmp_path / "data.parquet").write_bytes(b"junk")
    with pytest.raises(UserError, match="it is not a parquet file"):
        open_source("parquet", tmp_path, *columns)


# HGU1


def write_hgu1(path, syllables, image, cut=0, kind=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = image.shape
    records = b"".join(s.encode("euc-kr") + bytes([width, height, kind, 0]) + image.tobytes() for s in syllables)
    content = b"HGU1\0\0\0\0" + records
    path.write_bytes(content[: len(content) - cut])


def test_hgu1(tmp_path):
    light_ink = 255 - picture(30, 28, tone=250)
    write_hgu1(tmp_path / "train/b0a1.hgu1", "가가나", light_ink)
    write_hgu1(tmp_path / "test/b0a1.hgu1", "힝", light_ink)
    source = open_source("hgu1", tmp_path)
    assert texts(source) == ["가", "가", "나"]
    sample = source.sample(0, np.random.default_rng(0))
    np.testing.assert_array_equal(sample.image, 255 - light_ink)
    assert source.size(0, np.random.default_rng(0)) == (28, 30)
    assert texts(open_source("hgu1", tmp_path, split="test")) == ["힝"]


def test_hgu1_mistakes(tmp_path):
    write_hgu1(tmp_path / "a/1.hgu1", "가가", picture(30, 28), cut=5)
    with pytest.raises(UserError, match=r"1\.hgu1 sample 1 \(byte 854\): the file ends in the middle of it"):
        open_source("hgu1", tmp_path / "a")
    write_hgu1(tmp_path / "b/1.hgu1", "가", picture(30, 28), kind=1)
    with pytest.raises(UserError, match="only type 0"):
        open_source("hgu1", tmp_path / "b")
    (tmp_path / "c").mkdir()
    (tmp_path / "c/1.hgu1").write_bytes(b"GIF89a--------")
    with pytest.raises(UserError, match="does not begin with HGU1"):
        open_source("hgu1", tmp_path / "c")


def test_hands_of_hgu1_survive_conversion(tmp_path):
    write_hgu1(tmp_path / "1.hgu1", "가가가", picture(30, 28))
    write_hgu1(tmp_path / "2.hgu1", "나나나", picture(30, 28))
    source = open_source("hgu1", tmp_path, "data.split.val=0", "data.split.test=0")
    assert sorted(source.sample(index, np.random.default_rng(0)).group for index in range(6)) == [
        f"all place {place}" for place in (0, 0, 1, 1, 2, 2)
    ]


# mixture


def test_a_part_without_a_split_leaves_the_others(tmp_path):
    write_lmdb(tmp_path / "d/l/train", ["un"])
    write_lmdb(tmp_path / "d/l/val", ["deux"])
    (tmp_path / "d/f").mkdir()
    table_of(tmp_path / "d/f", ["w1"], split="train")
    overrides = [
        "+data@data.mixture.a=lmdb",
        "+data.mixture.a.subfolder=l",
        "+data@data.mixture.b=folder",
        "+data.mixture.b.subfolder=f",
    ]
    cfg = config("mode=check_data", "data=mixture", f"data.root={tmp_path}/d", *overrides)
    check(cfg)
    sources = open_sources(cfg.data, ["train", "val", "test"])
    assert {split: texts(source) for split, source in sources.items()} == {"train": ["un", "text 0"], "val": ["deux"]}


def test_a_mixture_holds_every_part(tmp_path):
    write_lmdb(tmp_path / "l/train", ["un", "deux"])
    (tmp_path / "f").mkdir()
    table_of(tmp_path / "f", ["w1"], split="train")
    overrides = [
        "+data@data.mixture.a=lmdb", f"data.mixture.a.root={tmp_path}/l", "+data.mixture.a.weight=3",
        "+data@data.mixture.b=folder", f"data.mixture.b.root={tmp_path}/f",
    ]  # fmt: skip
    cfg = config("mode=check_data", "data=mixture", *overrides)
    whole = open_sources(cfg.data, ["train"])["train"]
    assert texts(whole) == ["un", "deux", "text 0"]
    mixture = SOURCES.get("mixture")(cfg.data, "train")
    rng = np.random.default_rng(1)
    drawn = [mixture.sample(index, rng).text for index in range(400)]
    assert 0.15 < drawn.count("text 0") / 400 < 0.35


def test_backslashes_between_folders_are_windows(tmp_path):
    save(tmp_path / "images/a.png")
    (tmp_path / "labels.tsv").write_text("image\ttext\tgroup\tsplit\nimages\\a.png\tx\tg\ttrain\n")
    assert texts(open_source("folder", tmp_path)) == ["x"]


@pytest.mark.parametrize(
    ("name", "content", "hint"),
    [
        ("a.txt", "a text", "1 .txt files beside images: rename them from a.txt to a.gt.txt"),
        ("labels.csv", "filename,words\na.png,x\n", "there is labels.csv: save it as labels.tsv"),
        ("notes.md", "nothing", None),
    ],
)
def test_texts_as_other_tools_keep_them_are_pointed_at(tmp_path, capsys, name, content, hint):
    save(tmp_path / "a.png")
    (tmp_path / name).write_text(content, "utf-8")
    open_source("folder", tmp_path)
    said = capsys.readouterr().out
    assert (hint in said) if hint else not said


def test_fields_in_quotes_are_pointed_at(tmp_path, capsys):
    save(tmp_path / "a.png")
    head = "image\ttext\tgroup\tsplit\n"
    (tmp_path / "labels.tsv").write_text(f'{head}a.png\t"He said ""yes"", and went"\tg\ttrain\n', "utf-8")
    open_source("folder", tmp_path)
    assert "1 rows have fields in quotes" in capsys.readouterr().out
    (tmp_path / "labels.tsv").write_text(f'{head}a.png\t"yes", he said "no"\tg\ttrain\n', "utf-8")
    open_source("folder", tmp_path)
    assert not capsys.readouterr().out


@pytest.mark.parametrize(("names", "expected"), [(["b0a1", "B0A2"], ["가", "각"]), (["b0a1", "cafe"], ["b0a1", "cafe"])])
def test_folders_may_be_named_by_codes_of_ks_x_1001(tmp_path, names, expected):
    for name in names:
        save(tmp_path / name / "0.png")
    overrides = ("data.labels=folders", "data.split.by=fraction", "data.split.val=0", "data.split.test=0")
    assert sorted(texts(open_source("folder", tmp_path, *overrides))) == sorted(expected)


def test_rows_of_parquet_may_name_files(tmp_path):
    import pyarrow
    import pyarrow.parquet

    save(tmp_path / "set/images/a.png")
    save(tmp_path / "secret.png")
    rows = [{"image": {"bytes": None, "path": name}, "text": "x"} for name in ("images/a.png", "../secret.png")]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "set/train-00000-of-00001.parquet")
    source = open_source("parquet", tmp_path / "set")
    assert source.sample(0, np.random.default_rng(0)).image.size
    with pytest.raises(UserError, match=r"there is no image \.\./secret\.png below"):
        source.sample(1, np.random.default_rng(0))
