"""mode=compact: a bundle that takes less room, for shipping many."""

from pathlib import Path

from omegaconf import DictConfig

from base.bundle import Bundle


def compact(cfg: DictConfig) -> None:
    """Rounds the weights of a bundle to 8 bits; its metrics and card are of before: measure again with mode=evaluate."""
    bundle = Bundle.load(Path(cfg.weights))
    before = sum(path.stat().st_size for path in bundle.folder.iterdir())
    bundle.compact()
    after = sum(path.stat().st_size for path in bundle.folder.iterdir())
    print(f"{bundle.folder}: {before / 1e6:.1f} MB before, {after / 1e6:.1f} MB now; mode=export adds model.onnx again")
