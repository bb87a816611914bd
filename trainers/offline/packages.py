"""The Python packages that a machine with a deep-learning image lacks, as one archive."""

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from base.errors import UserError
from base.registry import ROOT

LOCK = ROOT / "requirements-core.lock"
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "any")
UNUSED = ("tests", "test", "*_test.py", "__pycache__", "include", "*.pyi", "*.a", "bin", "jieba_zh*.txt")


def install_packages(archive: Path, names: list[str], python: str, languages: set[str]) -> None:
    """Writes an archive of the packages as the lock file has them, for another Python than this one, without their tests.

    Args:
        archive: what is written, ``.tar.xz``.
        names: of packages.
        python: version of the target's Python, such as 3.12; its processor is x86-64, its system Linux.
        languages: whose word lists and locales are kept.

    Raises:
        UserError: a package is not in the lock file, or pip cannot fetch it.
    """
    wanted = [f"{name}=={version_of(name)}" for name in names]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for requirement in wanted:
            fetch(requirement, folder, python)
        trim(folder, languages)
        archive_folder(folder, archive)


def archive_folder(folder: Path, archive: Path) -> None:
    """Writes what lies in a folder as ``.tar.xz``."""
    with tarfile.open(archive, "w:xz", preset=9) as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, path.name)


def version_of(name: str) -> str:
    """The version that the lock file pins."""
    found = re.search(rf"^{re.escape(name)}==([^ ;\\]+)", LOCK.read_text("utf-8"), re.MULTILINE)
    if found is None:
        raise UserError(f"packages: {name} is not in {LOCK.name}")
    return found[1]


def fetch(requirement: str, folder: Path, python: str) -> None:
    """Installs a wheel for the target, or where there is none, what can be built of the source here."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps"]
    command += ["--target", str(folder), "--upgrade"]
    platforms = [option for platform in PLATFORMS for option in ("--platform", platform)]
    wheel = subprocess.run(
        [*command, "--only-binary=:all:", "--python-version", python, *platforms, requirement], capture_output=True, text=True
    )
    if wheel.returncode == 0:
        return
    before = set(folder.rglob("*.so"))
    built = subprocess.run([*command, "--no-binary=:all:", requirement], capture_output=True, text=True)
    if built.returncode or set(folder.rglob("*.so")) - before:  # what is compiled here does not run there
        reason = (wheel.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise UserError(f"packages: pip cannot fetch {requirement} for Python {python}: {reason}")


def trim(folder: Path, languages: set[str]) -> None:
    """Takes away tests, stubs, the words and locales of other languages, and words rarer than one in a million."""
    for pattern in UNUSED:
        for path in sorted(folder.rglob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            elif path.exists():
                path.unlink()
    for path in (folder / "wordfreq" / "data").glob("*.msgpack.gz"):
        if path.name not in {f"small_{language}.msgpack.gz" for language in languages}:
            path.unlink()
    for path in (folder / "babel" / "locale-data").glob("*.dat"):
        if path.stem.split("_")[0] not in {*languages, "root"}:
            path.unlink()
