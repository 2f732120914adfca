"""A root in which a package is tried, made of a few programs."""

import os

from tests.hostile.base_systems import lay_base_system
from tests.preconditions import needs
from tests.script_runs import call, write

OLD_SETPRIV = """#!/bin/sh
# As one with libcap-ng before 0.8 fails.
read -r line 2>/dev/null </proc/$$/status || { echo 'activate capabilities: No such file or directory'; exit 127; }
exec /bin/new-setpriv "$@"
"""


def test_an_old_setpriv_finds_in_a_root_without_proc_what_it_takes_away(work):
    needs(os.geteuid() == 0, "chroot is for root")
    lay_base_system(work / "base", "exit 0", ["chroot"])
    (work / "base/bin/setpriv").rename(work / "base/bin/new-setpriv")
    write(work / "base/bin/setpriv", OLD_SETPRIV, executable=True)
    in_root = '. "$scripts/checks/scratch-root.sh"; root=$work/base; in_root sh -c "chroot / sh -c : || echo it stays"'
    for _ in range(2):
        done = call(work, "build-environment.sh", in_root)

        assert done.stdout == "it stays\n", done.stdout + done.stderr
        assert "Operation not permitted" in done.stderr
