"""A directory of a test's own: Debian's slapd on a free port."""

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.farms import free_port
from tests.preconditions import needs

BASE, PASSWORD = "dc=example,dc=org", "directory-s own"

CONFIGURATION = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "{base}"
rootdn "cn=admin,{base}"
rootpw "{password}"
directory "{folder}"
access to * by dn.exact="cn=admin,{base}" write by anonymous auth by * none
"""

ENTRIES = f"""\
dn: {BASE}
objectClass: dcObject
objectClass: organization
o: example
dc: example

dn: ou=people,{BASE}
objectClass: organizationalUnit
ou: people

dn: ou=groups,{BASE}
objectClass: organizationalUnit
ou: groups

dn: uid=anna,ou=people,{BASE}
objectClass: inetOrgPerson
uid: anna
cn: Anna Example
sn: Example
mail: anna@example.org

dn: uid=eve,ou=people,{BASE}
objectClass: inetOrgPerson
uid: eve
cn: Eve Example
sn: Example
mail: eve@example.org

dn: cn=Farm Builders,ou=groups,{BASE}
objectClass: groupOfNames
cn: Farm Builders
member: uid=anna,ou=people,{BASE}
"""


@contextlib.contextmanager
def make_slapd(host: str = "127.0.0.1") -> Iterator[str]:
    """Give the URL of a directory with anna, who is of the group `Farm Builders`, and eve, who is of none."""
    program = shutil.which("slapd", path="/usr/sbin:/usr/bin")
    needs(program, "apt-get install slapd: the groups of its own directory are read")
    folder = Path(tempfile.mkdtemp(prefix="python-builds-slapd-", dir="/var/tmp"))
    port = free_port()
    configuration = folder / "slapd.conf"
    configuration.write_text(CONFIGURATION.format(base=BASE, password=PASSWORD, folder=folder))
    add = [program.replace("slapd", "slapadd"), "-f", configuration]
    subprocess.run(add, input=ENTRIES, text=True, check=True, capture_output=True, timeout=60)
    server = subprocess.Popen(
        [program, "-d", "0", "-h", f"ldap://{host}:{port}", "-f", configuration],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while server.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex((host, port)) == 0:
                    break
            time.sleep(0.05)
        assert server.poll() is None, "slapd did not start"
        yield f"ldap://{host}:{port}"
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder)
