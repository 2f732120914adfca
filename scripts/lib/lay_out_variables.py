"""Write _sysconfigdata again as CPython does: lay_out_variables.py FILE.

CPython breaks its lines where they are too long, which depends on the names of folders that are other ones by now.
"""

import pathlib
import pprint
import runpy
import sys

HEAD = "# system configuration generated and used by the sysconfig module\nbuild_time_vars = "


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: lay_out_variables.py FILE")
    file = pathlib.Path(sys.argv[1])
    if not file.read_text().startswith(HEAD):
        sys.exit(f"{file} does not begin as CPython has written it up to now: {file.read_text()[:100]!r}")
    variables = runpy.run_path(str(file))["build_time_vars"]
    file.write_text(f"{HEAD}{pprint.pformat(variables)}\n")


if __name__ == "__main__":
    main()
