"""mode=predict: answers for files, one JSON object each, in the order of the input, and a table of their texts."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby, islice
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from base.errors import PartialFailure, UserError
from base.predictor import BasePredictor, FileToRead
from base.registry import PREDICTORS
from base.types import Prediction
from predictors.engines.loading import predictor_for
from predictors.engines.weights import find_bundle
from predictors.modes.answer_log import AnswerLog, as_line, finished, read_lines
from predictors.modes.inputs import find_inputs
from predictors.reading.files import answer_files, shards_of
from utils.compute.pools import Lost, Opened, Pool, Work, open_pool
from utils.drawing.pictures import contact_sheet, save_picture
from utils.files.whole import written_whole
from utils.runs.progress import Progress

ANSWERS = "predictions.jsonl"
TABLE = "predictions.tsv"
LOG = "predictions.partial.jsonl"  # what is done so far, until all is
SHEET = "predictions_sheet.png"
COLUMNS = ("image", "text", "confidence")
LEAST_FREE_BYTES = 1_000_000


def predict(cfg: DictConfig) -> None:
    """Answers for every file of ``input`` and writes ``output/predictions.jsonl`` and ``predictions.tsv``.

    Raises:
        UserError: nothing was started.
        PartialFailure: some inputs could not be read; the rest is done.
    """
    reads = PREDICTORS.get(cfg.task.predictor)
    inputs = find_inputs(cfg.input, pages=reads.reads_pages, also=reads.also_reads, follow_links=cfg.follow_links)
    output = Path(cfg.output)
    check_output(output, cfg.input, inputs, may_exist=cfg.overwrite or cfg.resume)
    bundle = find_bundle(cfg)
    predictor, engine = predictor_for(bundle, cfg, cfg.engine)
    pool = open_pool(cfg, cfg.processes, output)
    print(f"{cfg.task.name}: {bundle.config.model.name} with {engine}, {len(inputs)} files")
    log = AnswerLog(output / LOG, finished(output / LOG, output / ANSWERS) if cfg.resume else ())
    for name in (ANSWERS, TABLE, SHEET):  # only now: their answers are in the log
        (output / name).unlink(missing_ok=True)
    try:
        answer_all(Opened(partial(open_predictor, cfg, pool.threads), predictor), pool, inputs, output, log)
    except UserError:
        log.remove_if_empty()
        raise
    write_answers(output, log, [file.image for file in inputs])
    log.path.unlink()
    write_sheet(predictor, inputs, output, cfg.sheet)
    print(output / ANSWERS)
    if log.failed:
        raise PartialFailure(f"{log.failed} of {len(inputs)} files could not be read: see the errors in {output / ANSWERS}")


def check_output(output: Path, wanted: str, inputs: list[FileToRead], *, may_exist: bool) -> None:
    """Raises UserError where the output folder cannot be made, holds files, or touches the input."""
    if str(output) in ("", "."):
        raise UserError("output= names the working directory: name a folder of its own")
    if output.is_file():
        raise UserError(f"output={output} is a file: name a folder")
    if output.is_dir() and any(output.iterdir()) and not may_exist:
        raise UserError(
            f"output={output} has answers or other files already: set overwrite=true or resume=true, or name another folder"
        )
    place = output.resolve()
    inside = Path(wanted).is_dir() and place.is_relative_to(Path(wanted).resolve())
    if inside or any(file.path.resolve().is_relative_to(place) for file in inputs):
        raise UserError(f"output={output} overlaps with input={wanted}: name a folder elsewhere, so that no scan is overwritten")
    try:
        output.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(output).free
    except OSError as error:
        raise UserError(f"output={output}: cannot be made ({error.strerror})") from error
    if free < LEAST_FREE_BYTES:
        raise UserError(f"output={output}: the disk is full")


def open_predictor(cfg: DictConfig, threads: int | None) -> BasePredictor:
    """The predictor of a worker that has so many processor threads."""
    own = OmegaConf.merge(cfg, {"runtime": {"threads": threads}})
    return predictor_for(find_bundle(cfg), own, cfg.engine)[0]


@dataclass(frozen=True)
class Answering:
    """What each worker does: it answers for files, and writes what belongs to them into the folder that all share."""

    predictor: Opened[BasePredictor]
    output: Path

    def __call__(self) -> Work:
        return partial(answer_files, self.predictor.value, output=self.output)


def answer_all(predictor: Opened[BasePredictor], pool: Pool, inputs: list[FileToRead], output: Path, log: AnswerLog) -> None:
    """Predicts each file that is not in the log, and notes it there as soon as it is answered.

    What is read together is read together again, whatever of it is in the log: the last digit of a confidence depends on it.
    """
    shards = [shard for shard in shards_of(predictor.value, inputs) if any(file.image not in log for file in shard)]
    with Progress(len({file.image for shard in shards for file in shard}), "files") as shown:
        for file, predictions in answered(predictor, pool, shards, output):
            predictor.value.finish(file, predictions, output)
            log.add([as_json(page) for page in predictions])
            shown.advance()


def answered(
    predictor: Opened[BasePredictor], pool: Pool, shards: list[list[FileToRead]], output: Path
) -> Iterator[tuple[FileToRead, list[Prediction]]]:
    """The files of all shards, each with what was predicted for it; those on which workers die come last, with an error."""
    lost: list[FileToRead] = []
    work = Answering(predictor, output)
    yield from whole(in_order(pool.map(work, shards), shards, lost))
    alone = [[file] for file in lost]  # which of a shard it is that workers die on is not known
    last: list[FileToRead] = []
    if alone:
        yield from whole(in_order(pool.map(work, alone), alone, last))


def in_order(
    results: Iterable[list[list[Prediction]] | Lost], shards: list[list[FileToRead]], lost: list[FileToRead]
) -> Iterator[tuple[FileToRead, list[Prediction]]]:
    """The files of all shards with their predictions; those of a shard of several that is lost go to ``lost`` instead."""
    for shard, result in zip(shards, results, strict=True):
        if not isinstance(result, Lost):
            yield from zip(shard, result, strict=True)
        elif len(shard) > 1:
            lost.extend(shard)
        else:
            yield shard[0], [Prediction(shard[0].image, error=result.reason)]


def whole(parts: Iterable[tuple[FileToRead, list[Prediction]]]) -> Iterator[tuple[FileToRead, list[Prediction]]]:
    """Joins the pages of each file; after one that cannot be read none is answered for, as where they are read one by one."""
    for _, group in groupby(parts, key=lambda part: part[0].image):
        (file, pages), *others = group
        pages = list(pages)
        for _, predictions in others:
            if not pages[-1].error:
                pages += predictions
        yield replace(file, first=0, count=None, several=False), pages


def write_answers(output: Path, log: AnswerLog, images: list[str]) -> None:
    """Writes the answers of a log in the order of their inputs, one JSON object a line, and the same for a spreadsheet.

    In the table tabs stand between image, text and confidence; a line break in a text is a space.
    """
    with written_whole(output / ANSWERS) as aside, aside.open("w", encoding="utf-8") as file:
        file.writelines(map(as_line, log.answers(images)))
    with written_whole(output / TABLE) as aside, aside.open("w", encoding="utf-8", errors="backslashreplace") as file:
        file.write("\t".join(COLUMNS) + "\n")
        file.writelines(map(as_row, log.answers(images)))


def as_row(page: dict) -> str:
    """A row of the table; names of files need not be valid Unicode."""
    cells = (page["image"], page.get("text", ""), page.get("confidence", page.get("error", "")))
    return "\t".join(" ".join(str(cell).split()) for cell in cells) + "\n"


def write_sheet(predictor: BasePredictor, inputs: list[FileToRead], output: Path, rows: int) -> None:
    """Draws the first answers into ``predictions_sheet.png``."""
    paths = {file.image: file.path for file in inputs}
    answers = islice((answer for answer in read_lines(output / ANSWERS) if "error" not in answer), rows)
    pictures = [predictor.picture(paths[answer["image"]], answer, output) for answer in answers]
    if pictures:
        save_picture(output / SHEET, contact_sheet(pictures))
        print(f"look at: {output / SHEET}")


def as_json(prediction: Prediction) -> dict:
    """The object that stands for a prediction in predictions.jsonl."""
    if prediction.error is not None:
        return {"image": prediction.image, **prediction.values, "error": prediction.error}
    return {"image": prediction.image, **prediction.values}
