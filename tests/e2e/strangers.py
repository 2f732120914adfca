"""A stranger who knows where the master waits for workers, and what one of them was told."""

import subprocess
import sys

PROGRAM = """
import sys
from twisted.cred.credentials import UsernamePassword
from twisted.internet import reactor
from twisted.spread import pb

class Worker(pb.Referenceable):
    "Answers what a master asks before it takes a worker."
    def remote_print(self, message):
        pass

    def remote_getWorkerInfo(self):
        return {"version": "4.3.0", "worker_commands": {}}

    def remote_setBuilderList(self, builders):
        return {}

host, port, name, password, *mine = sys.argv[1:]
factory = pb.PBClientFactory()

def tell(words):
    print(words)
    reactor.stop()

factory.login(UsernamePassword(name.encode(), password.encode()), Worker()).addCallbacks(
    lambda _: tell("accepted"), lambda failure: tell(f"{failure.type}: {failure.getErrorMessage()}")
)
reactor.connectTCP(host, int(port), factory, bindAddress=(mine[0], 0) if mine else None)
reactor.callLater(30, tell, "no answer")
reactor.run()
"""


def log_in(told: dict[str, str]) -> str:
    """Log in with what a worker was told in its environment, and say how that went."""
    names = ("BUILDMASTER", "BUILDMASTER_PORT", "WORKERNAME", "WORKERPASS")
    command = [sys.executable, "-c", PROGRAM, *(told[name] for name in names)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
