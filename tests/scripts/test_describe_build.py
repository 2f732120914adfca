"""How a build is described: with a dpkg-query that says what the real one says."""

import json
import os
import subprocess
import sys

from tests.script_runs import SCRIPTS, write

QUERY = """\
#!/bin/sh
if [ "$1" = --search ]; then
    echo 'diversion by libreadline8t64 from: /lib/x86_64-linux-gnu/libreadline.so.8'
    echo 'diversion by libreadline8t64 to: /lib/x86_64-linux-gnu/libreadline.so.8.usr-is-merged'
    echo 'libreadline8t64:amd64: /usr/lib/x86_64-linux-gnu/libreadline.so.8'
    exit 1
fi
echo 'libreadline8t64:amd64 8.2-6'
"""


def packages(folder, libraries):
    write(folder / "dpkg-query", QUERY, executable=True)
    code = "import describe_build, json, sys; print(json.dumps(describe_build.packages(json.loads(sys.argv[1]))))"
    path = f"{folder}:{os.environ['PATH']}"
    command = [sys.executable, "-B", "-c", code, json.dumps(libraries)]
    done = subprocess.run(command, cwd=SCRIPTS / "steps", env={"PATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_library_that_its_package_has_diverted_belongs_to_it(tmp_path):
    found = packages(tmp_path, {"libreadline.so.8": "/lib/x86_64-linux-gnu/libreadline.so.8"})
    assert found == {"libreadline.so.8": "libreadline8t64 8.2-6"}


def test_a_library_that_no_package_has_is_told_by_its_path(tmp_path):
    assert packages(tmp_path, {"libx.so": "/srv/none/libx.so"}) == {"libx.so": "/srv/none/libx.so"}
