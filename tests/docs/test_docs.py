"""Every command of the documentation composes, and the component that a guide adds works; `make docs-check` runs the commands."""

import pytest

from tests.docs.check import composed, filled_in, run_in_copy
from tests.docs.commands import ROOT, examples, pages
from tests.docs.workplace import fill

GUIDE = ROOT / "docs/guides/extend.md"

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("page", [page for page in pages() if page != GUIDE], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_composes(page):
    for example in examples(page):
        if example.language == "bash" and example.how != "skip" and not {"--help", "--cfg"} & set(example.arguments):
            composed([filled_in(argument) for argument in example.arguments], checked=False)


def test_the_component_of_the_guide_works(tmp_path):
    fill(tmp_path)
    run_in_copy(examples(GUIDE), tmp_path)
