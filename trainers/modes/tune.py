"""mode=tune: the weights of a language model that read a split best."""

from itertools import product
from typing import Any

import numpy as np
from omegaconf import DictConfig, OmegaConf

from base.errors import UserError
from base.registry import DATA_GENERATORS, DECODERS
from base.report import Report, Table
from data_generators.lines import LinesData
from predictors.engines.loading import predictor_for
from predictors.engines.weights import find_bundle
from predictors.lines import LinesPredictor
from trainers.modes.inherit import inherit
from trainers.readers.decoding import keep_decoder
from trainers.readers.temperature import best_odds, best_temperature, outputs_of
from trainers.reports.publish import publish
from utils.compute.softmax import log_softmax
from utils.configuration.values import plain
from utils.files.whole import write_text
from utils.metrics.text import character_error_rate, word_error_rate
from utils.runs.folder import RunFolder
from utils.runs.progress import progress
from utils.runs.tracking import track


def tune(cfg: DictConfig) -> float:
    """Reads the split with every combination of ``grid``, prints their CER and keeps the best; returns its CER."""
    bundle = find_bundle(cfg)
    if "beam_width" in bundle.facts:
        raise UserError(f"weights={cfg.weights}: this reader writes its texts itself; mode=tune is for decoders of CTC readers")
    cfg = inherit(cfg, bundle)
    data: LinesData = DATA_GENERATORS.get(cfg.task.generator).of(cfg, cfg.split)
    run = RunFolder.for_evaluation(cfg)
    predictor: LinesPredictor = predictor_for(bundle, cfg, cfg.engine)[0]  # type: ignore[assignment]
    logits, truths = outputs_of(predictor, data)
    scores = [log_softmax(logits_TC) for logits_TC in logits]
    grid = {str(key): list(values) for key, values in cfg.grid.items() if key in cfg.decoder}
    table = Table(f"{len(truths)} lines of {cfg.split}", [*grid, "CER", "WER"])
    best: tuple[float, dict[str, Any]] = (np.inf, {})
    for values in progress(list(product(*grid.values())), "combinations"):
        decoder = plain(cfg.decoder) | dict(zip(grid, values, strict=True))
        cer, wer = rates(decoder, predictor.characters, scores, truths)
        table.rows.append([*map(str, values), f"{cer:.2%}", f"{wer:.2%}"])
        best = min(best, (cer, decoder), key=lambda pair: pair[0])
    write_text(run.path / "decoder.yaml", OmegaConf.to_yaml(best[1]))
    with track(cfg, run, {"data": data.fingerprint(), "weights": str(bundle.folder)}) as tracker:
        publish(Report({"cer": best[0]}, [table]), cfg.split, run.path, tracker)
    chosen = " ".join(f"decoder.{key}={best[1][key]}" for key in grid)
    print(
        f"\nbest: {chosen} (CER {best[0]:.2%}; greedy {rates({'name': 'greedy'}, predictor.characters, scores, truths)[0]:.2%})"
    )
    print(f"{run.path / 'decoder.yaml'}")
    if cfg.into_bundle:
        keep_decoder(bundle, best[1])
        own = OmegaConf.merge(cfg, {"decoder": None})
        bundle.learn({"temperature": best_temperature(predictor_for(bundle, own, cfg.engine)[0], logits, truths)})  # type: ignore[arg-type]
        bundle.learn({"odds": best_odds(predictor_for(bundle, own, cfg.engine)[0], logits, truths)})  # type: ignore[arg-type]
        print(f"{bundle.folder} reads with it from now on")
    run.finish()
    return best[0]


def rates(values: dict, characters: tuple[str, ...], scores: list[np.ndarray], truths: list[str]) -> tuple[float, float]:
    """CER and WER with a decoder."""
    decoder = DECODERS.get(values["name"])(values, characters)
    read = [decoder.decode(scores_TC[None], np.array([len(scores_TC)]))[0][0].text for scores_TC in scores]
    pairs = list(zip(read, truths, strict=True))
    return character_error_rate(pairs), word_error_rate(pairs)
