"""A real headless browser: what a page becomes in it, what it logs, what it looks like."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str:
    """Return the browser's path; skip the test where there is none."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    pytest.skip(f"no browser: none of {', '.join(NAMES)} is on the PATH")


def run(profile: Path, page: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """Open a page in a fresh profile without network."""
    command = [chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += ["--enable-logging=stderr", f"--user-data-dir={profile}"]
    # Any address but the page itself would fail, and be logged.
    command += ["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=5000"]
    return subprocess.run(
        [*command, *flags, page.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )


def opened(profile: Path, page: Path) -> tuple[str, list[str]]:
    """Return the page's DOM after its scripts ran, and the console's lines."""
    done = run(profile, page, "--dump-dom")
    return done.stdout, re.findall(r"CONSOLE.*", done.stderr)
