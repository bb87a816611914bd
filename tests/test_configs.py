"""Every config composes, passes its checks, and lists itself."""

from pathlib import Path

import pytest
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from base.errors import UserError
from tests.conftest import ROOT, config
from utils.configuration.check import check
from utils.configuration.command_line import explain, head_comment, show_help

GROUPS = ("task", "model", "decoder", "experiment", "sweep")
NAMES = {group: sorted(path.stem for path in (ROOT / "configs" / group).glob("*.yaml")) for group in GROUPS}
RECIPES = sorted(path.stem for path in (ROOT / "configs/data/artifacts").glob("*.yaml"))


@pytest.mark.parametrize("model", NAMES["model"])
def test_every_model_composes(model, tmp_path):
    task = config(f"model={model}").model.task
    check(config(f"task={task}", f"model={model}", *([f"data.root={tmp_path}"] if task in ("lines", "words") else [])))


def test_lines_are_as_high_as_the_weights_to_start_from_take_them():
    assert config("task=lines").model.height_px == 48
    assert config("experiment=korean_lines").model.height_px == 64  # as experiments/pretrained/lines_synthetic
    assert config("experiment=korean_lines", "model.height_px=32").model.height_px == 32


@pytest.mark.parametrize("decoder", NAMES["decoder"])
def test_every_decoder_composes(decoder, tmp_path):
    (tmp_path / "language").touch()
    file = {"lexicon": "words", "character_ngram": "model", "word_ngram": "model"}.get(decoder)
    extra = [f"decoder.{file}={tmp_path / 'language'}"] if file else []
    check(config("task=lines", f"data.root={tmp_path}", f"decoder={decoder}", *extra))


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_of_artifacts_composes(recipe):
    check(config("task=eraser", f"data/artifacts={recipe}"))


@pytest.mark.parametrize("experiment", NAMES["experiment"])
def test_every_experiment_composes(experiment, tmp_path):
    cfg = config(f"experiment={experiment}")
    for values in (cfg.data, *(cfg.data.get("mixture") or {}).values()):
        if "root" in values and values.root is None:
            values.root = str(tmp_path)
        (tmp_path / values.get("subfolder", "")).mkdir(exist_ok=True)
    check(cfg)


@pytest.mark.parametrize("mode", ["train", "generate", "demo"])
def test_modes_compose(mode):
    extra = ["output=somewhere"] if mode == "generate" else []
    check(config("task=eraser", f"mode={mode}", *extra))


def test_every_yaml_file_says_what_it_is():
    for path in (ROOT / "configs").rglob("*.yaml"):
        assert head_comment(path), f"{path} has no head comment"


def test_every_group_member_has_a_schema():
    for group in ("mode", "task", "data", "model", "decoder", "trainer", "callbacks", "tracking"):
        for path in (ROOT / "configs" / group).glob("*.yaml"):
            assert path.with_suffix(".py").is_file(), f"{path} has no schema beside it"


def test_help_names_everything():
    text = show_help(ROOT / "configs")
    for name in (*NAMES["task"], *NAMES["model"], *NAMES["experiment"], "predict", "generate", "evaluate"):
        assert name in text


def test_the_command_line_wins_over_experiment_and_experiment_over_task():
    assert config("experiment=eraser_quick").trainer.epochs == 4
    assert config("experiment=eraser_quick", "trainer.epochs=9").trainer.epochs == 9
    assert config("experiment=eraser_quick", "model=unet_deeperase", "~model.growth").model.name == "unet_deeperase"


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["task=erasr"], ["unknown task 'erasr'", "did you mean eraser?"]),
        (["task=eraser", "model=unt"], ["unknown model 'unt'", "did you mean unet"]),
        (["task=eraser", "model.dpth=3"], ["model.dpth", "did you mean depth"]),
        (["task=eraser", "model.depth='3"], ["model.depth='3", "special characters"]),
    ],
)
def test_hydra_mistakes_become_one_line(overrides, words):
    with pytest.raises((HydraException, OmegaConfBaseException)) as caught:
        config(*overrides)
    line = explain(caught.value, ROOT / "configs")
    assert "\n" not in line
    for word in words:
        assert word in line


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ([], ["task= is missing", "eraser"]),
        (["mode=check_data"], ["data= is missing", "page_xml"]),
        (["mode=check_data", "data=folder"], ["data.root= is missing"]),
        (["mode=convert", "data=iam", "data.root=/nowhere", "output=x"], ["/nowhere", "no such folder"]),
        (["mode=convert", "data=iam", "data.root=/", "data.level=page", "output=x"], ["data.level=page", "lines"]),
        (["mode=convert", "data=folder", "data.root=/", "format=zip", "output=x"], ["unknown format 'zip'", "lmdb"]),
        (["mode=check_data", "data=folder", "data.root=/", "data.split.by=writer"], ["data.split.by", "fraction"]),
        (["mode=check_data", "data=folder", "data.root=/", "data.transcription=tei"], ["data.transcription", "as_written"]),
        (["mode=check_data", "data=mixture"], ["data.mixture is empty"]),
        (
            ["mode=check_data", "data=mixture", "+data.mixture.a={source: folder}"],
            ["data.mixture.a", "+data@data.mixture.a=folder"],
        ),
        (["mode=check_data", "data=mixture", "+data@data.mixture.a=folder"], ["data.mixture.a.root= is missing"]),
        (["mode=generate", "data=synthetic", "output=x", "data.preset=scn"], ["data.preset", "did you mean scan"]),
        (["mode=generate", "data=synthetic", "output=x", "data.languages=[]"], ["data.languages"]),
        (["mode=generate", "data=synthetic", "output=x", "data.text.words=[3]"], ["data.text.words", "[low, high]"]),
        (["mode=generate", "data=synthetic", "output=x", "processes=0"], ["processes=0"]),
        (["mode=generate", "data=synthetic", "output=x", "+data.text.samplers.rhymes={weight: 1}"], ["rhymes", "frequency"]),
        (
            ["mode=generate", "data=synthetic", "output=x", "data.text.samplers.numbers.digits=abc"],
            ["samplers.numbers.digits", "abc"],
        ),
        (
            ["mode=generate", "data=synthetic", "output=x", "data.text.samplers.dates.first_year=2050"],
            ["samplers.dates", "last_year"],
        ),
        (["mode=generate", "data=synthetic", "output=x", "data.text.samplers.amounts.currencies=[]"], ["currencies"]),
        (["mode=generate", "data=synthetic", "output=x", "data.text.words=[0,2]"], ["data.text.words", "at least 1"]),
        (["mode=generate", "data=synthetic", "output=x", "data.presets.scan.writing.x_height=[0,0]"], ["x_height", "above 0"]),
        (["mode=learn_text", "corpus=/nowhere", "output=x"], ["/nowhere"]),
        (["mode=learn_text", "corpus=/", "output=x", "word_order=7"], ["word_order=7"]),
        (["mode=fonts", "fonts=/nowhere"], ["fonts=/nowhere"]),
    ],
)
def test_modes_without_a_task_answer_in_one_line(overrides, words):
    with pytest.raises(UserError) as caught:
        check(config(*overrides))
    line = str(caught.value)
    assert "\n" not in line
    for word in words:
        assert word in line


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["model.depth=three"], ["model.depth", "three"]),
        (["model.depth=9"], ["model.depth=9", "multiple of 2048"]),
        (["remove=[rule]"], ["remove", "did you mean rules"]),
        (["threshold=1.5"], ["threshold=1.5"]),
        (["data.source=foldr"], ["unknown source 'foldr'", "folder"]),
        (["data.source=folder"], ["needs data.root"]),
        (["data.source=mixture"], ["data.mixture"]),
        (["data.source=folder", "data.root=/no/such/place"], ["/no/such/place", "no such folder"]),
        (["data.paper.tone=[3]"], ["data.paper.tone", "[low, high]"]),
        (["data.paper.tone=[9,3]"], ["data.paper.tone", "[low, high]"]),
        (["data.shapes=[[1,2]]"], ["data.shapes"]),
        (["trainer.optimizer=adm"], ["trainer.optimizer", "adamw"]),
        (["trainer.epochs=0"], ["trainer.epochs=0"]),
        (["callbacks.reduce_on_plateau={patience_epochs:1,factor:0.5,lowest:0.0}"], ["constant"]),
        (["callbacks.early_stopping={patience:3}"], ["patience_epochs"]),
        (["+model.extra=1"], ["model.extra"]),
        (["+extra=1"], ["extra"]),
        (["model.normalise=layer"], ["model.normalise", "batch"]),
        (["model.normalise=group", "model.width=20"], ["multiple of 8"]),
        (["model=patch_dilated", "model.dilations=0"], ["model.dilations"]),
        (["competitors=[nowhere]"], ["nowhere is not a bundle"]),
        (["trainer.init=nowhere"], ["trainer.init=nowhere is not a bundle"]),
        (["objective=artifact_f2"], ["did you mean artifact_f1"]),
        (["seed=-1"], ["seed=-1"]),
        (["runtime.device=gup"], ["runtime.device=gup"]),
        (["runtime.precision=float3"], ["float32"]),
        (["runtime.threads=0"], ["runtime.threads=0"]),
        (["data.shapes=[]"], ["data.shapes"]),
        (["data.shapes=[[16,64,480],[8,64,512]]"], ["follow each other"]),
        (["data.test_samples=0"], ["data.test_samples"]),
        (["data.colour=true"], ["mode=generate"]),
        (["callbacks.gallery.samples=0"], ["callbacks.gallery"]),
        (["model.name=foo"], ["model.name=foo"]),
    ],
)
def test_mistakes_in_values_become_one_line(overrides, words):
    with pytest.raises(UserError) as caught:
        check(config("task=eraser", *overrides))
    line = str(caught.value)
    assert "\n" not in line
    for word in words:
        assert word in line


def test_no_room_that_starts_fast_imports_keras():
    for room in ("base", "configs", "preprocessing", "data_generators"):
        for path in Path(ROOT / room).rglob("*.py"):
            lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
            assert not [line for line in lines if line.startswith(("import keras", "from keras", "import tensorflow"))], path
