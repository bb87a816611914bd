"""Reads the arrays of an ``.npz`` file that may come from anybody."""

import math
import zipfile
import zlib
from pathlib import Path

import numpy as np

MOST_BYTES = 4 * 2**30  # of all arrays together: no network here comes near it


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays by name, of whatever types and shapes.

    No object is unpickled, and nothing is allocated but what the file is long enough to hold.

    Raises:
        ValueError: it is no such file, it is cut short or larger than `MOST_BYTES`, or its headers do not tell the truth.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > MOST_BYTES:
                raise ValueError(f"its arrays have more than {MOST_BYTES // 2**30} GiB")
            return {entry.filename.removesuffix(".npy"): _read(archive, entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise ValueError(str(error) or "it is cut short") from error


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, is_fortran, dtype = read_header(file)
        if dtype.hasobject:
            raise ValueError(f"{entry.filename} holds objects, not numbers")
        content = file.read()
    if math.prod(shape) * dtype.itemsize != len(content):
        raise ValueError(f"{entry.filename} holds {len(content)} bytes, which its header denies")
    return np.frombuffer(bytearray(content), dtype).reshape(shape, order="F" if is_fortran else "C")
