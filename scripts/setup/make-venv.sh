#!/usr/bin/env bash
# Makes the virtual environment, or brings it up to date with a requirements file. PYTHON names the interpreter.
set -euo pipefail

usage() {
    echo "usage: make-venv.sh FOLDER REQUIREMENTS" >&2
    exit 2
}

main() {
    [ $# -eq 2 ] || usage
    local folder=$1 requirements=$2 python=${PYTHON:-python3}
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        echo "make-venv.sh: $("$python" --version 2>&1) is too old, Python 3.11 or newer is needed; name one with PYTHON=" >&2
        exit 1
    }
    # Debian keeps ensurepip in a package of its own.
    "$python" -c 'import ensurepip, venv' 2>/dev/null || "$(dirname "$0")/install-packages.sh" python3-venv
    # Another `make` in this checkout may be at it.
    exec 9>"$folder.lock"
    flock 9
    if [ ! -x "$folder/bin/pip" ]; then
        echo "making a virtual environment in $folder"
        rm -rf "$folder"
        "$python" -m venv "$folder"
    fi
    echo "installing $requirements into $folder"
    # The file is complete. Left to look at dependencies, pip 23 takes an extra (`pydantic[email]`) for a wish of its own, and
    # refuses the newest version that fits it for having no hash, as soon as that is newer than the pinned one.
    "$folder/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement "$requirements"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    main "$@"
fi
