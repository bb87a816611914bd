"""The code of the MLflow model: MLflow runs this file to load a bundle that was logged as a model."""

import json
from pathlib import Path

import mlflow
import pandas
from mlflow.pyfunc.model import PythonModel

from base.bundle import Bundle
from predictors.engines.loading import asked_of, predictor_for


class BundleModel(PythonModel):
    """Predicts with the bundle among the model's artifacts."""

    def load_context(self, context) -> None:
        """Opens the bundle."""
        bundle = Bundle.load(Path(context.artifacts["bundle"]))
        beside = {key: folder for key, folder in context.artifacts.items() if key != "bundle"}
        self.predictor, _ = predictor_for(bundle, asked_of(bundle, beside), "auto")

    def predict(self, context, model_input: pandas.DataFrame, params=None) -> pandas.DataFrame:
        """Answers for a column ``image`` of bytes or paths with a column ``prediction`` of JSON."""
        images = [Path(image) if isinstance(image, str) else image for image in model_input["image"]]
        answers = [{"error": answer.error} if answer.error else answer.values for answer in self.predictor.predict(images)]
        return pandas.DataFrame({"prediction": [json.dumps(answer, ensure_ascii=False) for answer in answers]})


mlflow.models.set_model(BundleModel())
