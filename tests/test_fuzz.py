"""Files spoilt at random end in a finding or a page: never in a trace, never over a second or 200 MB.

``REPORTGEN_FUZZ=100000`` tries as many files.
"""

import json
import os
import subprocess
import sys

from conftest import PROJECT

COUNT = int(os.environ.get("REPORTGEN_FUZZ", "500"))


def test_a_spoilt_file_ends_in_a_finding_or_a_page(tmp_path):
    environment = {**os.environ, "PYTHONPATH": f"{PROJECT}{os.pathsep}{PROJECT / 'tests'}"}
    command = [sys.executable, str(PROJECT / "tests" / "fuzzing.py"), "0", str(COUNT), str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert not told["traces"]
    assert not told["slow"]
    assert told["page"] + told["diagnostic"] == COUNT
    assert told["page"] > COUNT // 100
