"""A picture of what the model does, every epoch."""

from typing import Any

from base.registry import CALLBACKS
from callbacks.base import BaseCallback
from utils.drawing.pictures import save_picture


@CALLBACKS.register("gallery")
class Gallery(BaseCallback):
    """Writes ``figures/gallery/epoch_0001.png`` with ``samples`` validation samples before and after."""

    def after_epoch(self, epoch: int, logs: dict[str, Any]) -> None:
        with self.context.trainer.averaged():
            picture = self.context.trainer.gallery(self.context.predictor, self.options["samples"])
        path = self.context.folder / "figures" / "gallery" / f"epoch_{epoch + 1:04d}.png"
        save_picture(path, picture)
        self.context.tracker.log_figure(path, f"gallery/{path.name}")
        self.context.tracker.log_image("before/after", picture, epoch + 1)
