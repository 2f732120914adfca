"""Where clients fetch what is published: below a CDN URL, or, where none is set, wherever somebody serves the store.

What is read by somebody who knows that has addresses relative to itself: index.json, SHA256SUMS, the page's links, and
then uv.json. The others have a word in its place, which whoever fetches them replaces.
"""

from collections.abc import Callable

UNKNOWN = "@CDN_URL@"
"""Stands for the folder in which python/ lies, where nobody knows where that is served."""

Url = Callable[[str], str]
"""Says where a client fetches a key."""


def is_known(address: str) -> bool:
    """Say whether an address is one that a client can fetch as it is."""
    return not address.startswith(UNKNOWN)


def of_profile(url: Url, prefix: str) -> Url:
    """Give the addresses of a profile: what is not known is where the folder with its own python/ is served."""

    def give(key: str) -> str:
        address = url(key)
        return address if is_known(address) else f"{UNKNOWN}/{key.removeprefix(prefix)}"

    return give


def from_folder(url: Url, key: str, folder: str) -> str:
    """Give a key's address; where it is not known, the one that starts from an index in a folder."""
    address = url(key)
    return address if is_known(address) else key.removeprefix(f"{folder}/")
