"""What people do with a Python while its next revision and its next patch come, as scripts for containers."""

from tests.docker.clients import ADD_REPOSITORY

KEEPS = """
mkfifo /tmp/started /tmp/changed
exec 3<>/tmp/started 4<>/tmp/changed
install_first
revision
"$PREFIX/bin/pip" install -q --no-index --find-links /wheels --upgrade pip six
"$PREFIX/bin/pip" --version | cut -d ' ' -f 1-2
"$PREFIX/bin/python" -c 'open("/tmp/started", "w").write("x\\n")
open("/tmp/changed").readline()
import decimal, json, sqlite3
print("went on")' &
read -r -t 60 _ <&3
upgrade
echo >&4
wait $!
revision
"$PREFIX/bin/pip" --version | cut -d ' ' -f 1-2
"$PREFIX/bin/pip" check
"$PREFIX/bin/python" -c 'import six'
remove
find "$PREFIX" -type f | sed 's#.*/site-packages/##' | cut -d / -f 1 | sort -u
install
"$PREFIX/bin/pip" check
"$PREFIX/bin/python" -c 'import six'
"$PREFIX/bin/pip" uninstall -q -y six pip
remove
test ! -e /opt/python
test -d /opt
echo GONE
"""
"""What pip has put there survives the next revision and the package itself, and a process goes on while both change."""

TRY_UPGRADE = f"""
set -eu
{ADD_REPOSITORY}
/usr/lib/apt/apt-helper -q download-file "$REPOSITORY/pkgs/${{NAME}}_1_amd64.deb" /tmp/first.deb
apt-get -q update
install_first() {{ apt-get -q -y --no-install-recommends --allow-downgrades install /tmp/first.deb; }}
revision() {{ dpkg-query --show --showformat '${{Version}}\\n' "$NAME"; }}
upgrade() {{ apt-get -q -y upgrade; }}
remove() {{ apt-get -q -y purge "$NAME"; }}
install() {{ apt-get -q -y --no-install-recommends install "$NAME"; }}
{KEEPS}
"""

RPM_MANAGERS = {
    "dnf": """
manager() { dnf -q -y "$@"; }
upgrade() { manager upgrade; }
""",
    "zypper": """
manager() { zypper -q --non-interactive --no-gpg-checks "$@"; }
upgrade() { manager update; }
""",
}

TRY_RPM_UPGRADE = f"""
set -eu
VERSION=%s
NAME=python-$VERSION PREFIX=/opt/python/$VERSION MINOR=${{VERSION%%.*}}
page=/usr/local/share/man/man1/python$MINOR.1
%s
mkdir -p /etc/rpm /etc/yum.repos.d /etc/zypp/repos.d
echo '%%_dbpath /var/lib/rpm' >/etc/rpm/macros
printf '[farm]\\nname=farm\\nbaseurl=file:///packages\\nenabled=1\\ngpgcheck=0\\n' |
    tee /etc/yum.repos.d/farm.repo >/etc/zypp/repos.d/farm.repo
install_first() {{
    manager install /packages/python-$MINOR-$VERSION-1.*.rpm "/packages/$NAME"-1-1.*.rpm
    readlink -e "$page"
}}
revision() {{ rpm -q --queryformat '%%{{RELEASE}}\\n' "$NAME"; }}
remove() {{
    rpm -e "python-$MINOR" "$NAME"
    test ! -L "$page"
}}
install() {{ manager install "python-$MINOR"; }}
{KEEPS}
"""
"""On a system that has the manager alone; rpm itself removes."""

TRY_NEXT_PATCH = f"""
set -eu
{ADD_REPOSITORY}
minor=${{VERSION%.*}}
next=$minor.99
apt-get -q update
apt-get -q -y --no-install-recommends install "python-$minor"
"/opt/python/$minor/bin/python" -m venv /srv/follows
"python$minor" -m venv --without-pip /srv/follows-too
"/opt/python/$VERSION/bin/python" -m venv --without-pip /srv/keeps
/srv/follows/bin/pip install -q --no-index --find-links /wheels six
mkdir -m 755 /tmp/next
cd /tmp/next
for name in "python-$VERSION" "python-$minor"; do
    apt-get -q download "$name"
    dpkg-deb --raw-extract "$name"_* tree
    rm "$name"_*
    sed -i "s/$VERSION/$next/g" tree/DEBIAN/*
    if [ -L "tree/opt/python/$minor" ]; then
        ln -sfn "$next" "tree/opt/python/$minor"
    else
        mv "tree/opt/python/$VERSION" "tree/opt/python/$next"
        mv "tree/usr/share/doc/python-$VERSION" "tree/usr/share/doc/python-$next"
    fi
    dpkg-deb -Znone --build tree . >/dev/null
    rm -r tree
done
for deb in *.deb; do
    dpkg-deb --field "$deb"
    printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' "$deb" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d ' ' -f 1)"
done >Packages
echo 'deb [trusted=yes] file:/tmp/next ./' >/etc/apt/sources.list.d/next.list
apt-get -q update
apt-get -q -y upgrade --with-new-pkgs
apt-get -q -y autoremove --purge
ls /opt/python
for environment in follows follows-too; do
    "/srv/$environment/bin/python" -c 'import os, sys, ssl, sqlite3; print("now of", os.path.realpath(sys.base_prefix))'
done
/srv/follows/bin/pip check
/srv/follows/bin/python -c 'import six'
/srv/keeps/bin/python --version || echo ENDED
"""
"""The next patch is the same tree under another name: trees do not care where they lie."""
