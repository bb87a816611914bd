"""Training and measuring finders of lines."""

import numpy as np
from omegaconf import OmegaConf

from base.registry import TRAINERS
from base.report import Report
from base.trainer import BaseTrainer
from configs.task.pages import IN_A_BUNDLE
from data_generators.pages import PagesData
from predictors.page_formats.overlay import overlay
from predictors.pages import PagesPredictor
from trainers.reports.pages import report_on
from utils.drawing.pictures import contact_sheet, shrink
from utils.files.images import Page
from utils.metrics.baselines import BaselineCounts, compare_baselines


@TRAINERS.register("pages")
class PagesTrainer(BaseTrainer[PagesPredictor]):
    """Fits a network that finds lines; validates it on whole pages."""

    in_a_bundle = IN_A_BUNDLE
    validation: PagesData

    def validate(self, predictor: PagesPredictor) -> dict[str, float]:
        counts = BaselineCounts()
        for index in range(len(self.validation)):
            page = self.validation.sample(index)
            found = predictor.finder.find_baselines(page.image)
            counts.add(compare_baselines([line.baseline for line in page.lines], [line.baseline for line in found]))
        return {f"val_{name}": value for name, value in counts.metrics().items()}

    def gallery(self, predictor: PagesPredictor, count: int) -> np.ndarray:
        finding = PagesPredictor(
            predictor.network, predictor.facts, OmegaConf.merge(self.cfg, {"reader": None, "erase": "never"})
        )
        samples = [self.validation.sample(index) for index in range(min(count, len(self.validation)))]
        return contact_sheet([shrink(overlay(finding.read_page(Page(sample.image, "L", {})))) for sample in samples])

    @staticmethod
    def evaluate(cfg, predictor: PagesPredictor, data) -> Report:
        return report_on(cfg, predictor, data)
