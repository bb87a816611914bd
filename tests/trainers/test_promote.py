"""Champions in MLflow's registry."""

import json

import pandas
import pytest

from base.bundle import Bundle
from base.errors import UserError
from base.registry import MODELS
from tests.conftest import TINY_LINES, config, draw_line
from trainers.modes.promote import promote
from utils.configuration.check import check
from utils.files.images import encode_png


@pytest.mark.slow
def test_the_better_bundle_is_the_champion(reader_run, printed_lines, workplace, capsys):
    import mlflow

    run, error_rate = reader_run
    good = Bundle.load(run / "bundle")
    model = MODELS.get(good.config.model.name)(good.config.model)
    Bundle.write(workplace / "untrained", good.config, model.weights(), model.facts())

    def put_forward(weights) -> float:
        cfg = config(*TINY_LINES, "mode=promote", f"data.root={printed_lines}", f"weights={weights}")
        check(cfg)
        return promote(cfg)

    def champion() -> str:
        return str(mlflow.MlflowClient().get_model_version_by_alias("lines", "champion").version)

    put_forward(workplace / "untrained")
    assert champion() == "1"
    assert put_forward(good.folder) == pytest.approx(error_rate)
    assert champion() == "2" and "is promoted" in capsys.readouterr().out
    put_forward(workplace / "untrained")
    assert champion() == "2" and "stays" in capsys.readouterr().out
    served = mlflow.pyfunc.load_model("models:/lines@champion")
    picture = encode_png(draw_line("see a moon"))
    answer = served.predict(pandas.DataFrame({"image": [picture]}))
    assert json.loads(answer["prediction"][0])["text"] == "see a moon"


def test_there_must_be_a_registry(printed_lines, reader_run):
    wanted = ("mode=promote", "tracking=none", f"data.root={printed_lines}", f"weights={reader_run[0] / 'bundle'}")
    with pytest.raises(UserError, match="registry"):
        check(config(*TINY_LINES, *wanted))
