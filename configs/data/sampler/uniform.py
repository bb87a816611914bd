"""The values of the text sampler uniform."""

from configs.data.shared.words import FromWords as Config

__all__ = ["Config"]
