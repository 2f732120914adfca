"""What the quick installer makes of servers that have their own ideas of what they serve."""

import shutil

import pytest

from tests.installer.installs import SHELLS, TOOLS, every_shell, install, serve_tree, tree


@every_shell
@pytest.mark.parametrize("fetcher", ["curl", "wget"])
def test_a_tarball_is_taken_as_it_lies_there_whatever_a_server_calls_it(shell, farm, stranger, tmp_path, fetcher):
    """As servers do that take the ending .gz for an encoding."""
    serve_tree(farm, tree(tmp_path / "made"))
    farm.headers["Content-Encoding"] = "x-gzip"
    tools = tmp_path / "tools"
    tools.mkdir()
    more = (
        *(shell.split()[0] for shell in SHELLS),
        "basename",
        "cp",
        "cut",
        "df",
        "dirname",
        "find",
        "gzip",
        "mv",
        "tar",
    )
    for name in ({*TOOLS.split(), *more} - {"wget"}) | {fetcher}:
        (tools / name).symlink_to(shutil.which(name))
    (tmp_path / ".curlrc").write_text("compressed\n")
    folder = tmp_path / "py"
    done, _ = install(
        shell, farm, stranger, "--yes", "--folder", str(folder), "3.13", PATH=str(tools), HOME=str(tmp_path)
    )

    assert done.returncode == 0, done.stderr
    assert (folder / "bin/python3").exists()
