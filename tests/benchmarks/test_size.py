"""What an installation takes: from lines of names and numbers to rows."""

from benchmarks import size_rows

MEASURED = """\
installed-ours 70000000
installed-predecessor 280000000
installed-plain 270000000
tarball-ours 20000000
tarball-predecessor 90000000
tarball-plain 80000000
deb-ours 14000000
deb-predecessor 89000000
install-ours 2.500
install-predecessor 9.000
install-ours 2.700
install-predecessor 9.500
"""


def test_a_name_that_comes_again_is_another_run() -> None:
    assert size_rows.parse(MEASURED)["install-ours"] == [2.5, 2.7]


def test_sizes_are_in_megabytes_beside_what_they_are_compared_to() -> None:
    tarball, deb, packages, *_ = size_rows.rows(size_rows.parse(MEASURED), 30)

    assert (tarball.values, tarball.reference, tarball.unit) == ([20], [90], "MB")
    assert (deb.values, deb.reference, deb.goal) == ([14], [90], "at most 1/6 (0.17)")
    assert (packages.values, packages.reference, packages.goal) == ([14], [89], "at most 1/6 (0.17)")


def test_installing_a_package_is_compared_to_make_install_too() -> None:
    *_, by_apt, by_make = size_rows.rows(size_rows.parse(MEASURED), 30)

    assert by_apt.reference == [9, 9.5]
    assert by_make.reference == [30]


def test_the_plot_shows_compressed_and_installed_sizes_and_times() -> None:
    compressed, installed, seconds = size_rows.plot(size_rows.parse(MEASURED), 30).panels

    assert compressed.labels[0] == "ours, tarball"
    assert compressed.series == {"compressed": [20, 14, 90, 89, 80]}
    assert installed.labels == ["ours", "predecessor", "plain"]
    assert seconds.series == {"to install": [2.6, 9.25, 30]}
