"""How a bundle decodes: its decoder, with the files that this needs, and how sure of its answers it is."""

import shutil
from pathlib import Path
from typing import Any

from base.bundle import Bundle
from predictors.reading.texts import LANGUAGE_FILES, decoder_of_bundle
from utils.files.whole import written_whole
from utils.language.shipped import shipped_languages


def keep_decoder(bundle: Bundle, decoder: dict[str, Any]) -> None:
    """Gives a bundle a decoder and a copy of the files that it needs, but for those that ship."""
    kept = dict(decoder)
    for key in LANGUAGE_FILES:
        if key in kept and kept[key] not in shipped_languages():
            source = Path(kept[key])
            kept[key] = f"language{source.suffix}"
            if source.resolve() == (bundle.folder / kept[key]).resolve():
                continue
            with written_whole(bundle.folder / kept[key]) as aside:
                shutil.copyfile(source, aside)
    bundle.learn({"decoder": kept})


def inherit_decoding(bundle: Bundle, reader: Bundle) -> None:
    """Lets a bundle decode as the reader does that it comes from, under the same temperature and odds."""
    bundle.learn({name: reader.facts[name] for name in ("temperature", "odds") if name in reader.facts})
    if reader.facts.get("decoder"):
        keep_decoder(bundle, decoder_of_bundle({**reader.facts, "folder": str(reader.folder)}))
