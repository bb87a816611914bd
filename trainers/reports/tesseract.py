"""Tesseract, the reader that users would run instead."""

import os
import shutil
import subprocess

import cv2
import numpy as np

from base.errors import UserError

LANGUAGE = "eng"


def check_installed() -> None:
    """Raises UserError where there is no ``tesseract`` command."""
    if not shutil.which("tesseract"):
        raise UserError("Tesseract is not installed (Debian: apt-get install tesseract-ocr)")


def read_line(image: np.ndarray, languages: str = LANGUAGE) -> str:
    """The text that Tesseract (``--psm 7``, one line) sees in a uint8 image; raises UserError if it cannot run.

    Args:
        image: uint8 (H, W).
        languages: such as ``fra+eng``.
    """
    encoded = cv2.imencode(".png", image)[1].tobytes()
    command = ["tesseract", "stdin", "stdout", "--psm", "7", "-l", languages]
    answer = subprocess.run(command, input=encoded, capture_output=True, check=False, env={**os.environ, "OMP_THREAD_LIMIT": "1"})
    if answer.returncode != 0:
        raise UserError(f"tesseract failed: {' '.join(answer.stderr.decode(errors='replace').split())}")
    return " ".join(answer.stdout.decode("utf-8").split())
