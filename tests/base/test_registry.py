"""Components by name."""

import pytest

from base.errors import UserError
from base.registry import CALLBACKS, DATA_GENERATORS, MODELS, PREDICTORS, SOURCES, TRAINERS, Registry


def test_names_are_known_without_importing():
    assert {"unet", "unet_deeperase", "patch_dilated"} <= set(MODELS.names())
    assert {"synthetic", "folder", "mixture"} <= set(SOURCES.names())
    for registry in (CALLBACKS, DATA_GENERATORS, PREDICTORS, TRAINERS):
        assert registry.names()


def test_an_unknown_name_is_answered_with_the_closest():
    with pytest.raises(UserError, match="did you mean synthetic"):
        SOURCES.get("syntetic")


def test_two_components_cannot_share_a_name():
    registry = Registry("thing", "base")
    registry.register("one")(type("First", (), {"__module__": "first"}))
    with pytest.raises(ValueError, match="two components"):
        registry.register("one")(type("Second", (), {"__module__": "second"}))


@pytest.mark.parametrize("registry", [SOURCES, DATA_GENERATORS])
def test_every_component_imports(registry):
    for name in registry.names():
        assert registry.get(name).__module__.endswith(f".{name}")
