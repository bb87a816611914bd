"""What libraries read from the environment while they are loaded."""

import io
import os
import sys


def set_environment() -> None:
    """States what the program wants of its libraries, where the user says nothing else; before they are loaded."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises, and we answer in one line
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")


def print_any_character() -> None:
    """Lets a terminal of any encoding show what is printed."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
