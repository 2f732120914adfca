"""What a worker's own script tells of a build's libraries and tools."""

import pytest

from python_builds.core.building.contents import MAX_CONTENTS_CHARACTERS, Bundled, parse_contents
from python_builds.core.errors import InvalidRequest

TOLD = """\
system debian 13
library libz.so.1 direct zlib1g 1:1.3.dfsg+really1.3.1-1+deb13u1 amd64 zlib
library libzstd.so.1 indirect libzstd1 1.5.7+dfsg-1+deb13u1 amd64 libzstd
library libown.so direct - - - -
tool gcc gcc-14-x86-64-linux-gnu 14.2.0-19 amd64 gcc-14
"""


def test_libraries_and_tools_are_read_with_their_packages():
    found = parse_contents(TOLD, (Bundled(name="expat", version="2.8.2"),))

    assert (found.system, found.system_version) == ("debian", "13")
    packages = {one.soname: one.package and (one.package.name, one.package.source) for one in found.libraries}
    assert packages == {"libz.so.1": ("zlib1g", "zlib"), "libzstd.so.1": ("libzstd1", "libzstd"), "libown.so": None}
    assert found.direct == {"libz.so.1", "libown.so"}
    assert [tool.command for tool in found.tools] == ["gcc"]
    assert [one.name for one in found.bundled] == ["expat"]


def test_the_order_in_which_they_are_told_does_not_matter():
    lines = TOLD.splitlines()

    assert parse_contents("\n".join(reversed(lines))) == parse_contents(TOLD)


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("", "must tell of one system"),
        (TOLD + "system debian 12\n", "must tell of one system"),
        (TOLD + "library libx.so direct\n", "it told 'library libx.so direct'"),
        (TOLD + "surprise x\n", "it told 'surprise x'"),
        (TOLD.replace("zlib1g", "zlib1g?arch=evil"), "libraries.1.package.name"),
        (TOLD.replace("libzstd.so.1", "../../lib.so"), "soname"),
        ("x" * (MAX_CONTENTS_CHARACTERS + 1), "200001 characters; 200000 are allowed"),
    ],
)
def test_what_is_no_such_list_is_refused(text, complaint):
    with pytest.raises(InvalidRequest, match=complaint.replace("?", r"\?")):
        parse_contents(text)
