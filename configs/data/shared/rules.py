"""Rules that the values of several components share."""

from collections.abc import Mapping

from base.errors import UserError


def check_weight(key: str, own: Mapping) -> None:
    """Raises UserError for a weight below 0 or none."""
    if own.get("weight") is None or own["weight"] < 0:
        raise UserError(f"{key}.weight: it must be 0 or more")


def require(holds: bool, message: str) -> None:
    """Raises UserError with a message unless something holds."""
    if not holds:
        raise UserError(message)
