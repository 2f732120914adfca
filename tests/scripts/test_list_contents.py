"""What a sealed tree is linked to, by the system's own package database, and the document that is put into it."""

import subprocess

import pytest

from tests.script_runs import run, write

PREFIX = "/opt/python/3.13.5"


@pytest.fixture
def tree(work):
    """A work folder that is a sealed one, with a program and a library of its own in the tree."""
    write(work / "logs" / "source-date-epoch", "1700000000\n")
    folder = work / "stage" / PREFIX[1:]
    (folder / "bin").mkdir(parents=True)
    (folder / "lib").mkdir()
    compiled(folder / "lib/libown.so.1", "-shared", "-Wl,-soname,libown.so.1", "-lz", source="int own;")
    compiled(
        folder / "bin/python3",
        f"-L{folder}/lib",
        "-l:libown.so.1",
        source="extern int own; int main(void) {return own;}",
    )
    return folder


def compiled(path, *flags, source):
    command = ["gcc", "-x", "c", "-", "-x", "none", "-Wl,--no-as-needed", "-o", path, *flags]
    subprocess.run(command, input=source, text=True, check=True, capture_output=True)


def test_libraries_are_told_with_the_packages_that_have_them(work, tree):
    done = run(work, "list-contents.sh", PREFIX)

    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    libraries = {words[1]: words[2:4] for words in lines if words[0] == "library"}
    assert libraries["libz.so.1"] == ["direct", "zlib1g"]
    assert libraries["libc.so.6"] == ["direct", "libc6"]
    assert "libown.so.1" not in libraries, "it is the tree's own"
    tools = {words[1]: words[2] for words in lines if words[0] == "tool"}
    assert tools["make"] == "make" and tools["ld"].startswith("binutils") and tools["gcc"].startswith("gcc")
    assert [words[0] for words in lines].count("system") == 1


def test_a_tree_that_is_linked_to_what_no_system_has_ends_with_a_sentence(work, tree):
    compiled(tree / "lib/other.so", "-shared", "-Wl,-soname,libnowhere.so.9", source="int x;")
    compiled(tree / "bin/other", f"-L{tree}/lib", "-l:other.so", source="int main(void) {return 0;}")
    (tree / "lib/other.so").unlink()
    done = run(work, "list-contents.sh", PREFIX)

    assert done.returncode == 1
    assert "no library of this system is called 'libnowhere.so.9', which the tree is linked to" in done.stderr


def test_a_document_is_put_into_the_tree_as_it_came_and_dated_like_the_rest(work, tree):
    write(work.parent / "cpython.cdx.json", '{"a": 1}\n')
    done = run(work, "add-sbom.sh", PREFIX, "cpython.cdx.json")

    assert done.returncode == 0, done.stderr
    placed = tree / "share/sbom/cpython.cdx.json"
    assert placed.read_text() == '{"a": 1}\n'
    assert placed.stat().st_mtime == 1700000000 and placed.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("there", ["share", "share/sbom"])
def test_a_tree_that_would_lead_the_document_elsewhere_is_refused(work, tree, there):
    write(work.parent / "cpython.cdx.json", "{}")
    (tree / there).parent.mkdir(exist_ok=True)
    (tree / there).symlink_to("/tmp")
    done = run(work, "add-sbom.sh", PREFIX, "cpython.cdx.json")

    assert done.returncode == 1
    assert "the tree has a share/sbom, or a link for it, already" in done.stderr
