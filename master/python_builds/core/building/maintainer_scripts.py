"""What root runs when a package is installed or removed: the farm's own scripts, of templates in scripts/maintainer/.

A worker fills them in, and the master compares each package's with what it fills in itself, byte for byte.
"""

MAINTAINER_SCRIPTS = {
    "preinst": "before_unpack",
    "postinst": "after_unpack",
    "prerm": "before_removal",
    "postrm": "after_removal",
}
"""Debian's, each with the function of the template that it is for."""

SCRIPTLETS = {
    "preinstall": "before_unpack",
    "preuninstall": "before_removal",
    "postuninstall": "after_removal",
    "posttrans": "after_unpack",
}
"""RPM's, in the order in which it shows them."""


def maintainer_script(template: str, package: str, moment: str) -> str:
    """Fill in a template."""
    return template.replace("@PACKAGE@", package).replace("@MOMENT@", moment)


def maintainer_scripts(template: str, package: str) -> dict[str, str]:
    """Give a deb's scripts by their names."""
    return {name: maintainer_script(template, package, moment) for name, moment in MAINTAINER_SCRIPTS.items()}


def scriptlets(template: str, package: str) -> str:
    """Give an rpm's scriptlets as `rpm --query --scripts` shows them."""
    return "".join(
        f"{name} scriptlet (using /bin/sh):\n{maintainer_script(template, package, moment)}"
        for name, moment in SCRIPTLETS.items()
    )
