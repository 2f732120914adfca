"""One run of the indexes against a bucket, in a process of its own: what it cost, as JSON.

python -m benchmarks.index_run ENDPOINT KEY_FILE full|one
"""

import json
import resource
import sys
import time
from pathlib import Path
from tempfile import gettempdir

from python_builds.adapters.indexes.indexing import Indexing
from python_builds.adapters.publishing.signing import signer
from python_builds.adapters.store.s3_store import S3Store
from python_builds.adapters.store.store import make_s3_store
from python_builds.core.settings.settings import Settings

BUCKET = "bench"


def settings(endpoint: str, key_file: str = "") -> Settings:
    """Give the settings of a farm that publishes there."""
    values = {"signing_key_file": Path(key_file)} if key_file else {}
    return Settings.model_validate(
        {
            "state_dir": Path(gettempdir()),
            "s3_bucket": BUCKET,
            "s3_endpoint_url": endpoint,
            "s3_region": "us-east-1",
            "s3_path_style": True,
            "cdn_url": "https://cdn.example.org",
            **values,
        }
    )


def counted(store: S3Store) -> list[str]:
    """Note the requests that a store makes from now on."""
    requests: list[str] = []
    store.client.meta.events.register("before-send.s3", lambda request, **_: requests.append(request.method))
    return requests


def cpu_seconds() -> float:
    """Sum what this process and gpg, which it has started, have used."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def main(endpoint: str, key_file: str, how: str) -> int:
    """Write the indexes, of everything or of what is marked."""
    made = settings(endpoint, key_file)
    store = make_s3_store(made)
    requests = counted(store)
    cpu, began = cpu_seconds(), time.monotonic()
    with signer(made) as signs:
        written = Indexing(store=store, profile="optimized", signer=signs, audit=how == "full").run()
    used = {
        "cpu": cpu_seconds() - cpu,
        "wall": time.monotonic() - began,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "requests": len(requests),
        "written": len(written),
    }
    print(json.dumps(used))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
