"""mode=predict: answers for files, one JSON object each, in the order of the input."""

import json
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from omegaconf import DictConfig
from PIL import Image

from base.errors import PartialFailure, UserError
from base.predictor import BasePredictor
from base.types import Prediction
from predictors.inputs import InputFile, find_inputs, output_names
from predictors.loading import predictor_for
from predictors.weights import find_bundle
from utils.files import written_whole
from utils.images import UnreadableImage
from utils.pictures import contact_sheet
from utils.progress import progress

ANSWERS = "predictions.jsonl"
PARTIAL = "predictions.partial.jsonl"
SHEET = "predictions_sheet.png"


def predict(cfg: DictConfig) -> None:
    """Answers for every file of ``input`` and writes ``output/predictions.jsonl``.

    Raises:
        UserError: nothing was started.
        PartialFailure: some inputs could not be read; the rest is done.
    """
    inputs = find_inputs(cfg.input)
    bundle = find_bundle(cfg)
    output = Path(cfg.output)
    done = prepare_output(output, overwrite=cfg.overwrite, resume=cfg.resume)
    predictor, engine = predictor_for(bundle, cfg, cfg.engine)
    print(f"{cfg.task.name}: {bundle.config.model.name} with {engine}, {len(inputs)} files")
    failed = write_answers(predictor, inputs, output, done)
    (output / PARTIAL).replace(output / ANSWERS)
    write_sheet(predictor, inputs, output, cfg.sheet)
    print(f"{output / ANSWERS}")
    if failed:
        raise PartialFailure(f"{failed} of {len(inputs)} files could not be read: see the errors in {output / ANSWERS}")


def prepare_output(output: Path, *, overwrite: bool, resume: bool) -> dict[str, list[dict]]:
    """Makes the output folder; returns the answers that are there already, by input, where they are to be kept.

    Raises:
        UserError: the folder has answers, and neither ``overwrite`` nor ``resume`` is set.
    """
    if output.is_file():
        raise UserError(f"output={output} is a file: name a folder")
    begun = [path for path in (output / ANSWERS, output / PARTIAL) if path.is_file()]
    if begun and not (overwrite or resume):
        raise UserError(f"output={output} has answers already: set overwrite=true or resume=true, or name another folder")
    kept: dict[str, list[dict]] = {}
    if resume:
        for answer in (answer for path in begun for answer in read_answers(path)):
            if "error" not in answer:
                kept.setdefault(answer["image"], []).append(answer)
    for path in begun:
        path.unlink()
    try:
        output.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(output).free
    except OSError as error:
        raise UserError(f"output={output}: cannot be made ({error.strerror})") from error
    if free < 1_000_000:
        raise UserError(f"output={output}: the disk is full")
    return kept


def read_answers(path: Path) -> Iterator[dict]:
    """The whole lines of an answers file; one that was cut off is left out."""
    for line in path.read_text("utf-8").splitlines():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            return


def write_answers(predictor: BasePredictor, inputs: list[InputFile], output: Path, done: dict[str, list[dict]]) -> int:
    """Predicts file by file, each answer on disk before the next begins; returns how many files failed."""
    names = output_names(inputs)
    failed = 0
    with (output / PARTIAL).open("w", encoding="utf-8") as answers:
        for file in progress(inputs, "files"):
            if file.name in done:
                pages = done[file.name]
            else:
                pages = [as_json(page) for page in _answer(predictor, file, names[file.path], output)]
            failed += any("error" in page for page in pages)
            try:
                answers.writelines(json.dumps(page, ensure_ascii=False) + "\n" for page in pages)
                answers.flush()
            except OSError as error:
                raise UserError(f"cannot write {output / PARTIAL}: {error.strerror}; make room and use resume=true") from error
    return failed


def write_sheet(predictor: BasePredictor, inputs: list[InputFile], output: Path, rows: int) -> None:
    """Draws the first answers into ``predictions_sheet.png``."""
    paths = {file.name: file.path for file in inputs}
    answers = islice((answer for answer in read_answers(output / ANSWERS) if "error" not in answer), rows)
    pictures = [predictor.picture(paths[answer["image"]], answer, output) for answer in answers]
    if pictures:
        with written_whole(output / SHEET) as aside:
            Image.fromarray(contact_sheet(pictures)).save(aside)
        print(f"look at: {output / SHEET}")


def _answer(predictor: BasePredictor, file: InputFile, name: str, output: Path) -> list[Prediction]:
    try:
        return list(predictor.predict_file(file.path, file.name, name, output))
    except UnreadableImage as error:
        return [Prediction(file.name, error=str(error))]


def as_json(prediction: Prediction) -> dict:
    """The object that stands for a prediction in predictions.jsonl."""
    if prediction.error is not None:
        return {"image": prediction.image, "error": prediction.error}
    return {"image": prediction.image, **prediction.values}
