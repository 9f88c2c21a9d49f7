"""Files spoilt at random end in a finding or a page: never in a trace, never over a second or 200 MB.

``REPORTGEN_FUZZ=100000`` tries as many files, and prints a page for each 2,000 of them; CONTRIBUTING.md tells what
came of it.
"""

import json
import os
import subprocess
import sys

from conftest import PROJECT
from corpus import VISIT

COUNT = int(os.environ.get("REPORTGEN_FUZZ", "500"))
PAGES = max(2, COUNT // 2000)


def test_a_spoilt_file_ends_in_a_finding_or_a_page(office, tmp_path):
    environment = {**os.environ, "PYTHONPATH": f"{PROJECT}{os.pathsep}{PROJECT / 'tests'}"}
    program = str(PROJECT / "tests" / "fuzzing.py")
    command = [sys.executable, program, "0", str(COUNT), str(tmp_path), str(PAGES)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert not told["traces"]
    assert not told["slow"]
    assert told["page"] + told["diagnostic"] == COUNT
    assert told["page"] > COUNT // 100
    kept = sorted((tmp_path / "kept").iterdir())
    assert len(kept) == PAGES
    for path in kept:
        path.rename(tmp_path / "office" / VISIT)
        office.print(tmp_path / "office", "--format", "pdf", "visit")
