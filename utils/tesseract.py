"""Tesseract, the reader that users would run instead."""

import os
import shutil
import subprocess

import cv2
import numpy as np

from base.errors import UserError

ABSENT = "Tesseract is not installed, so reading before and after was not measured (Debian: apt-get install tesseract-ocr)"


def installed() -> bool:
    """Whether there is a ``tesseract`` command."""
    return shutil.which("tesseract") is not None


def read_line(image: np.ndarray, language: str = "eng") -> str:
    """The text that Tesseract (``--psm 7``, one line) sees in a uint8 image; raises UserError if it cannot run."""
    encoded = cv2.imencode(".png", image)[1].tobytes()
    command = ["tesseract", "stdin", "stdout", "--psm", "7", "-l", language]
    answer = subprocess.run(command, input=encoded, capture_output=True, check=False, env={**os.environ, "OMP_THREAD_LIMIT": "1"})
    if answer.returncode != 0:
        raise UserError(f"tesseract failed: {answer.stderr.decode(errors='replace').strip().splitlines()[-1]}")
    return " ".join(answer.stdout.decode("utf-8").split())
