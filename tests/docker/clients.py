"""Containers in which users' own tools install what was published, from a web server on this machine."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from python_builds.core.platforms.platform import Platform
from python_builds.core.settings.setting_types import CHECKOUT

AS_NOBODY = "setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs env HOME=/tmp PYTHONDONTWRITEBYTECODE=1"
ADD_REPOSITORY = """
export DEBIAN_FRONTEND=noninteractive
install -d /etc/apt/keyrings
/usr/lib/apt/apt-helper -q download-file "$CDN/quick/python/python-builds.asc" /etc/apt/keyrings/python-builds.asc
echo "deb [signed-by=/etc/apt/keyrings/python-builds.asc] $REPOSITORY $SUITE main" >/etc/apt/sources.list.d/python-builds.list
"""
"""With nothing but what a bare Debian has; docs/use.md says the same with curl."""

BY_NAME = """
set -eu
%s
apt-get -q update
apt-get -q -y --no-install-recommends install "$NAME" || { ! dpkg -s "$NAME" 2>/dev/null; echo REFUSED; exit 0; }
%s "$PREFIX/bin/python" /scripts/checks/check_interpreter.py "$PREFIX"
apt-get -q -y purge "$NAME"
test ! -e /opt/python
echo WORKS
"""
TRY_BY_NAME = BY_NAME % (ADD_REPOSITORY, AS_NOBODY)

TRY_MINOR = f"""
set -eu
umask 077
{ADD_REPOSITORY}
chmod -R go+rX /etc/apt/keyrings /etc/apt/sources.list.d
mkdir -m 755 /srv/pythons
rm -rf /opt/python
ln -s /srv/pythons /opt/python
apt-get -q update
apt-get -q -y --no-install-recommends install "python-$MINOR"
readlink "/opt/python/$MINOR" "/usr/local/bin/python$MINOR"
{AS_NOBODY} "python$MINOR" /scripts/checks/check_interpreter.py "/opt/python/$MINOR"
"python$MINOR" -m venv /srv/venv
/srv/venv/bin/python --version
apt-get -q -y --no-install-recommends install man-db >/dev/null
man -w "python$MINOR"
PATH=/opt/python/$VERSION/bin:$PATH man -w python3
apt-get -q -y purge "python-$MINOR"
test ! -e "/usr/local/bin/python$MINOR"
test ! -e "/opt/python/$MINOR"
echo mine >"/usr/local/bin/python$MINOR"
apt-get -q -y --no-install-recommends install "python-$MINOR"
cat "/usr/local/bin/python$MINOR"
apt-get -q -y purge "python-$MINOR"
cat "/usr/local/bin/python$MINOR"
apt-get -q -y autoremove --purge
test ! -e "/srv/pythons/$VERSION"
readlink /opt/python
echo WORKS
"""
"""On a system whose administrator has put /opt/python elsewhere and lets new files be read by nobody else."""

TRY_INSTALL = f"""
set -eu
{ADD_REPOSITORY}
apt-get -q update
apt-get -q -y --no-install-recommends install "$NAME"
"""

TRY_UV = f"""
set -eu
mkdir -p /tmp/work
cd /tmp/work
export UV_PYTHON_INSTALL_DIR=/srv/pythons UV_CACHE_DIR=/tmp/cache UV_PYTHON_DOWNLOADS_JSON_URL=$REPOSITORY/uv.json
export UV_PYTHON_BIN_DIR=/tmp/bin
uv python install --no-config "$VERSION"
uv venv --no-config --managed-python --python "$VERSION" venv
found=$(venv/bin/python -c 'import sys; print(sys.base_prefix)')
case $found in /srv/pythons/*) ;; *) echo "uv took $found"; exit 1;; esac
! venv/bin/python -c 'import sysconfig; print(sysconfig.get_config_vars())' | grep -F /opt/python
venv/bin/python -c 'import ssl, sqlite3, ctypes, lzma, readline, tkinter, zlib; print(ssl.OPENSSL_VERSION)'
"$found/bin/pip3" --version
"$found/bin/python3-config" --prefix
chown -R 65534:65534 /srv/pythons
{AS_NOBODY} "$found/bin/python3" /scripts/checks/check_development.py "$found"
echo WORKS
"""

TRY_UV_MINOR = """
set -eu
cd /tmp
export UV_PYTHON_INSTALL_DIR=/srv/pythons UV_CACHE_DIR=/tmp/cache UV_PYTHON_BIN_DIR=/tmp/bin UV_NO_CONFIG=1
minor=${VERSION%.*}
export UV_PYTHON_DOWNLOADS_JSON_URL=$CDN/before/uv.json
uv python install "$minor"
readlink /srv/pythons/cpython-$minor-linux-*
uv venv --managed-python --python "$minor" venv
export UV_PYTHON_DOWNLOADS_JSON_URL=$CDN/after/uv.json
uv python upgrade "$minor"
readlink /srv/pythons/cpython-$minor-linux-*
for python in "/tmp/bin/python$minor" venv/bin/python; do
    "$python" -c 'import os, ssl, sqlite3, sys; print(os.path.basename(os.path.realpath(sys.base_prefix)))'
done
UV_PYTHON_INSTALL_DIR=/srv/others uv python install
ls /srv/pythons /srv/others | grep ^cpython-
"""
"""Of a farm that gets a newer patch meanwhile, and pre-releases."""

TRY_PIP = f"""
set -eu
{ADD_REPOSITORY}
apt-get -q update
apt-get -q -y --no-install-recommends install "$NAME"
export PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels PATH=$PREFIX/bin:$PATH
python3 -c 'import ensurepip; print("pip", ensurepip.version())'
pip --version | cut -d ' ' -f 1-2
cd /srv
eval "$PAGE"
pip --version | cut -d ' ' -f 1-2
.venv/bin/pip --version | cut -d ' ' -f 1-2
"""

TRY_MOVED = f"""
set -eu
tree=/srv/deeper/down/$VERSION
mkdir -p /srv/deeper/down /tmp/trial/setuptools /tmp/trial/meson
/usr/lib/apt/apt-helper -q download-file "$REPOSITORY/python-$VERSION-$PLATFORM.tar.gz" /tmp/python.tar.gz
tar -C /srv/deeper/down -xzf /tmp/python.tar.gz
cd /tmp/trial
PYTHONPATH=/scripts/checks "$tree/bin/python3" -B -c '
import check_development as check, pathlib
pathlib.Path("setuptools/trial.c").write_text(check.EXTENSION)
pathlib.Path("meson/trial.c").write_text(check.EXTENSION)
pathlib.Path("meson/embed.c").write_text(check.EMBEDDING)'
cat >setuptools/setup.py <<'SETUP'
from setuptools import Extension, setup
setup(name="trial", version="1", ext_modules=[Extension("trial", ["trial.c"])])
SETUP
cat >meson/meson.build <<'MESON'
project('trial', 'c')
python = import('python').find_installation()
python.extension_module('trial', 'trial.c', dependencies: python.dependency())
executable('embed', 'embed.c', dependencies: python.dependency(embed: true))
MESON
cp -r /wheels wheels
chown -R 65534:65534 /tmp/trial /srv/deeper
cat >try.sh <<'TRY'
set -eux
"$1/bin/python3" -m venv venv
venv/bin/pip install -q --no-index --find-links wheels setuptools wheel meson ninja
venv/bin/pip wheel -q --no-index --no-build-isolation --no-deps --wheel-dir made ./setuptools
"$1/bin/pip3" install -q --no-index made/trial-1-*.whl
"$1/bin/python3" -c 'import trial; print(trial.answer())'
PATH=$PWD/venv/bin:$PATH
meson setup build meson
ninja -C build
cd build
python -c 'import trial; print(trial.answer())'
PATH=/nonexistent ./embed
TRY
{AS_NOBODY} bash try.sh "$tree"
echo WORKS
"""
"""Of the wheels in /wheels alone."""

TRY_LINKS = """
set -eu
/opt/buildbot-worker/bin/python -m venv /tmp/tools
/tmp/tools/bin/pip install -q --no-index --find-links /wheels virtualenv pipx
export UV_PYTHON_DOWNLOADS_JSON_URL=$REPOSITORY/uv.json UV_CACHE_DIR=/tmp/cache
/tmp/tools/bin/python /links.py "$VERSION" /mnt/bound
"""

TRY_INSTALLER = f"""
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get -q update >/dev/null
apt-get -q -y --no-install-recommends install $TOOLS >/dev/null
curl -fsSL "$CDN/quick/python/install.sh" | PYTHONHOME=/usr PYTHONPATH=/scripts/checks sh -s -- --yes --symlink "$VERSION"
{AS_NOBODY} "$PREFIX/bin/python" /scripts/checks/check_interpreter.py "$PREFIX"
test "$(readlink /usr/local/bin/python${{VERSION%.*}})" = "$PREFIX/bin/python3"
apt-get purge -y "$NAME"
test ! -e /opt/python
echo WORKS
"""
"""As docs/use.md says, in a system that has nothing but curl, and gpg where TOOLS names it."""

TRY_BESIDE = f"""
set -eu
apt-get -q update >/dev/null
apt-get -q -y --no-install-recommends install curl >/dev/null
curl -fsSLo install.sh "$CDN/quick/python/install.sh"
sh install.sh --list
sh install.sh --yes "$VERSION"
sh install.sh --yes "$OTHER"
/opt/python/$VERSION/bin/python --version
/opt/python/$OTHER/bin/python --version
apt-get purge -y "python-$VERSION" >/dev/null
test ! -e "/opt/python/$VERSION"
{AS_NOBODY} "/opt/python/$OTHER/bin/python" /scripts/checks/check_interpreter.py "/opt/python/$OTHER"
"""

TRY_WITHOUT_ROOT = """
set -eu
apt-get -q update >/dev/null
apt-get -q -y --no-install-recommends install curl >/dev/null
curl -fsSLo /tmp/install.sh "$CDN/quick/python/install.sh"
mkdir -m 777 /srv/mine
cat >/tmp/mine.sh <<'MINE'
sh /tmp/install.sh --yes "$VERSION" && exit 1
set -e
mkdir /srv/mine/stray
for module in encodings os platform importlib sysconfig; do echo 'raise SystemExit("stray")' >/srv/mine/stray/$module.py; done
PYTHONHOME=/nope PYTHONPATH=/srv/mine/stray sh /tmp/install.sh --yes --folder /srv/mine/python "$VERSION"
/srv/mine/python/bin/python3 -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))'
/srv/mine/python/bin/pip3 --version
/srv/mine/python/bin/python3 -m venv --without-pip /srv/mine/venv
/srv/mine/venv/bin/python --version
mkdir /srv/mine/hello
cat >/srv/mine/hello/pyproject.toml <<'PROJECT'
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
PROJECT
cat >/srv/mine/hello/backend.py <<'BACKEND'
import pathlib, zipfile
def build_wheel(folder, *_):
    info = {"METADATA": "Metadata-Version: 2.1\\nName: hello\\nVersion: 1\\n", "RECORD": "",
            "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
            "entry_points.txt": "[console_scripts]\\nhello = hello:main\\n"}
    with zipfile.ZipFile(pathlib.Path(folder, "hello-1-py3-none-any.whl"), "w") as wheel:
        wheel.writestr("hello.py", "def main(): print('hello')\\n")
        for name, text in info.items():
            wheel.writestr(f"hello-1.dist-info/{name}", text)
    return "hello-1-py3-none-any.whl"
BACKEND
/srv/mine/python/bin/pip3 install -q --no-index --no-build-isolation /srv/mine/hello
sed -i "s/^$VERSION /${VERSION%.*}.0 /; s/-$VERSION-/-${VERSION%.*}.0-/" /srv/mine/python/.python-builds
PYTHONHOME=/usr PYTHONPATH=/srv/mine/stray sh /tmp/install.sh --yes --folder /srv/mine/python | grep -x "Python $VERSION"
/srv/mine/python/bin/hello | grep -x hello
/srv/mine/python/bin/pip3 list --format=freeze | grep -x hello==1
sh /tmp/install.sh --yes --folder /srv/mine/python --uninstall
test ! -e /srv/mine/python
MINE
setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs env HOME=/tmp sh /tmp/mine.sh
test ! -e /opt/python
echo WORKS
"""

TRY_BROKEN = """
set -eu
apt-get -q update >/dev/null
apt-get -q -y --no-install-recommends install curl >/dev/null
dpkg-query --show >/tmp/before
set +e
curl -fsSL "$CDN/quick/python/install.sh" | TMPDIR=/small sh -s -- --yes "$VERSION"
echo "status $?"
set -e
dpkg-query --show | diff /tmp/before -
test ! -e /opt/python
test -z "$(ls /small)"
echo UNCHANGED
"""


def in_container(image: str, script: str, packages: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a container without a network that has a folder of packages."""
    command = ["docker", "run", "--rm", "--network=none", f"--volume={packages}:/packages:ro"]
    return subprocess.run([*command, *options, image, "bash", "-c", script], capture_output=True, text=True)


@dataclass(frozen=True, kw_only=True)
class Client:
    """Where the things are that a user installs."""

    cdn: str
    platform: Platform
    version: str

    def run(self, script: str, image: str, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a script in a container that reaches the web server on this machine."""
        values = {
            "CDN": self.cdn,
            "REPOSITORY": f"{self.cdn}/quick/python/{self.platform.name}",
            "PLATFORM": self.platform.name,
            "SUITE": self.platform.suite,
            "VERSION": self.version,
            "NAME": f"python-{self.version}",
            "PREFIX": f"/opt/python/{self.version}",
            **variables,
        }
        environment = [f"--env={name}={value}" for name, value in values.items()]
        command = ["docker", "run", "--rm", "--network=host", f"--volume={CHECKOUT}/scripts:/scripts:ro"]
        done = subprocess.run(
            [*command, *options, *environment, image, "bash", "-c", script], capture_output=True, text=True
        )
        print(done.stdout[-5000:], done.stderr[-5000:])
        return done
