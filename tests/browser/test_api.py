"""The API held against its own description by schemathesis."""

import subprocess
import sys
from pathlib import Path

EXAMPLES = 60


def test_the_api_keeps_what_its_description_says(address):
    program = Path(sys.executable).with_name("schemathesis")
    checks = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"]
    done = subprocess.run(
        [program, "run", f"{address}/openapi.json", f"--max-examples={EXAMPLES}", f"--checks={','.join(checks)}", "--seed=1"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:]
