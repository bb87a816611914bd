"""The values of the text sampler by_character."""

from configs.data.shared.words import FromWords as Config

__all__ = ["Config"]
