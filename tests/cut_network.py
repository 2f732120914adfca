"""Another machine, as a network namespace of a test's own, whose network to this one can be cut without a word.

There are two links to it: `link`, which is cut, and `side`, by which a test still reaches it. What is lost was sent to a
machine that nobody is, so neither end hears of it: no reset, no link that is down, as behind a switch that died. Addresses
are of the network for tests of networks (RFC 2544), which no machine is in.
"""

import contextlib
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from tests.e2e.farms import wait
from tests.preconditions import needs

NOBODY = "02:00:5e:00:53:01"


@dataclass(frozen=True)
class Link:
    """Two ends."""

    name: str
    here: str
    there: str
    inside: tuple[str, ...]

    def make(self, space: str) -> None:
        """Lay it."""
        run("ip", "link", "add", self.name, "type", "veth", "peer", self.name, "netns", space)
        for where, address in (((), self.here), (self.inside, self.there)):
            run(*where, "ip", "address", "add", f"{address}/30", "dev", self.name)
            run(*where, "ip", "link", "set", self.name, "up")

    def lose_answers(self) -> None:
        """Lose what this machine sends there."""
        run("ip", "neighbour", "replace", self.there, "lladdr", NOBODY, "dev", self.name, "nud", "permanent")

    def lose_questions(self) -> None:
        """Lose what comes from there."""
        where = (*self.inside, "ip", "neighbour", "replace", self.here)
        run(*where, "lladdr", NOBODY, "dev", self.name, "nud", "permanent")

    def mend(self) -> None:
        """Let both through again."""
        run("ip", "neighbour", "delete", self.there, "dev", self.name)
        run(*self.inside, "ip", "neighbour", "delete", self.here, "dev", self.name)

    def waits_for_there(self, port: int) -> bool:
        """Say whether something was sent to a port there that was not acknowledged."""
        listed = run("ss", "--no-header", "--tcp", "--numeric", "src", self.here, "dst", f"{self.there}:{port}")
        return bool(re.match(r"ESTAB +\d+ +[1-9]", listed))


@dataclass(frozen=True)
class OtherMachine:
    """What a test is given."""

    inside: tuple[str, ...]
    """Runs a command there."""
    link: Link
    side: Link


@contextlib.contextmanager
def other_machine() -> Iterator[OtherMachine]:
    """Make one."""
    needs(os.geteuid() == 0, "it makes a network of its own, which takes root")
    number = os.getpid()
    space, net = f"pybuilds-{number}", f"198.19.{128 + number // 64 % 128}"
    inside = ("nsenter", f"--net=/run/netns/{space}")
    first = number % 32 * 8
    made = OtherMachine(
        inside,
        Link(f"pb{number}", f"{net}.{first + 1}", f"{net}.{first + 2}", inside),
        Link(f"pbs{number}", f"{net}.{first + 5}", f"{net}.{first + 6}", inside),
    )
    run("ip", "netns", "add", space)
    try:
        run(*inside, "ip", "link", "set", "lo", "up")
        made.link.make(space)
        made.side.make(space)
        yield made
    finally:
        for link in (made.link, made.side):  # the space stays for as long as a process of it, and with it its end
            subprocess.run(["ip", "link", "delete", link.name], capture_output=True)
        run("ip", "netns", "delete", space)


def cut(link: Link, port: int) -> None:
    """Cut a link at the worst moment for a connection from a port there: what it was answered is lost, and waited for."""
    link.lose_answers()
    wait(lambda: link.waits_for_there(port), "an answer that was lost")
    link.lose_questions()


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout
