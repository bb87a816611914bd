"""The API held against its own description by schemathesis."""

import subprocess
import sys
import urllib.request
from pathlib import Path

from conftest import Server

EXAMPLES, SECONDS = 60, 60
OURS = "X-Palimpsest: 1"  # what the workbench's own page sends


def test_the_api_keeps_what_its_description_says(address):
    hold_against_description(address)


def test_the_api_of_the_workbench_does_too(tmp_path):
    others = [f"weights.{task}=null" for task in ("eraser", "lines", "words", "hangul")]
    server = Server(f"store={tmp_path / 'archive'}", *others)
    try:
        made = urllib.request.Request(
            f"{server.address}/api/workbench/examples",
            b'{"name": "a"}',
            {"X-Palimpsest": "1", "Content-Type": "application/json"},
        )
        for _ in range(2):  # so that there is something to find, and to delete
            urllib.request.urlopen(made).read()
        hold_against_description(server.address)
        assert server.process.poll() is None
    finally:
        server.stop()


def hold_against_description(address: str) -> None:
    """Asks all that a server's description allows, and much that it does not; it must answer as it says."""
    program = Path(sys.executable).with_name("schemathesis")
    checks = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"]
    done = subprocess.run(
        [
            program,
            "run",
            f"{address}/openapi.json",
            f"--max-examples={EXAMPLES}",
            f"--checks={','.join(checks)}",
            "--seed=1",
            f"--request-timeout={SECONDS}",
            f"--header={OURS}",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:]
