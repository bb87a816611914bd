"""What `make run` shows besides its training."""

from tests.conftest import config
from trainers.modes.demo import clean, draw_scans, make_room, read_drawn_page


def test_scans_are_drawn_and_cleaned_and_a_page_is_read(workplace, capsys):
    cfg = config("mode=demo", "experiment=eraser_quick", "scans=1", "tracking=none", f"output={workplace / 'shown'}")
    output = workplace / "shown"
    make_room(output)
    (scan,) = draw_scans(cfg, output / "scans")
    clean(cfg, output / "scans", output / "cleaned")
    assert (output / "cleaned" / scan.name).is_file()
    read_drawn_page(cfg, output)
    assert {"page.txt", "page.page.xml", "page.pdf", "page.overlay.png"} <= {path.name for path in (output / "page").iterdir()}
    assert "18 of 18 lines" in capsys.readouterr().out
