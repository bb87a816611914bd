"""What configs can compute: `${height_of:BUNDLE,48}`."""

from pathlib import Path

from omegaconf import OmegaConf

from base.bundle import MANIFEST
from utils.files.whole import read_json


def height_of(bundle: str | None, otherwise: int) -> int:
    """The height of lines, pixels, that a reader's bundle takes; ``otherwise`` where there is none.

    A training that starts from weights goes on at their height, unless it is told another one.
    """
    manifest = Path(str(bundle)) / MANIFEST
    if bundle is None or not manifest.is_file():
        return otherwise
    return int(read_json(manifest).get("facts", {}).get("height_px", otherwise))


def register_resolvers() -> None:
    """Makes them known to OmegaConf; again does no harm."""
    OmegaConf.register_new_resolver("height_of", height_of, replace=True)
