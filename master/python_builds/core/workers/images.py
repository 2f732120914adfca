"""Worker images: what they are called and built from, and the label by which their containers are found."""

from urllib.parse import urlsplit

from python_builds.core.errors import InvalidRequest
from python_builds.core.platforms.platform import Platform

WORKER_LABEL = "python-builds.worker"
"""On every worker image, and so on every container of one."""

CLOSE_NETWORK = "/opt/buildbot-worker/close-network.sh"
"""In every worker image: starts a command in a network that is closed to what comes from a tarball."""

PASSWORD_FILE = "/opt/buildbot-worker/password"  # noqa: S105 - only where it is
"""In a worker's container, until the worker has read it."""


def worker_image(platform: Platform, registry: str = "") -> str:
    """Name a platform's worker image, in a registry or on a Docker host alone."""
    name = f"python-builds-worker:{platform.name}"
    return f"{registry}/{name}" if registry else name


def of_architecture(image: str, architecture: str) -> str:
    """Name an image by its architecture too: one of several in a registry, or of another than its engine's own."""
    return f"{image}-{architecture}"


def dockerfile(platform: Platform) -> str:
    """Name the file in dockerfiles/ that a platform's worker image is built by."""
    return f"worker-{platform.package_manager}.Dockerfile"


def build_arguments(platform: Platform, emulated: str = "") -> list[str]:
    """Give `docker build` all but files: names, and the platform's row as build arguments.

    `emulated` is an architecture that the engine has not itself, so that images of both are beside each other there.
    """
    base, tag = platform.base_image, worker_image(platform)
    values = {
        "BASE_IMAGE": of_architecture(base, emulated) if emulated else base,
        "PACKAGES": " ".join(platform.image_packages),
        "WITHOUT_UPDATES": " ".join(platform.without_updates),
        "REPOSITORIES": ",".join(platform.repositories),
        "CCACHE_REPOSITORY": platform.ccache_repository,
        "WORKER_PYTHON": platform.worker_python[0],
    }
    return [
        f"--tag={of_architecture(tag, emulated) if emulated else tag}",
        f"--label={WORKER_LABEL}={platform.name}",
        *(f"--build-arg={name}={value}" for name, value in values.items() if value),
        *([f"--platform=linux/{emulated}"] if emulated else []),
    ]


def pip_configuration(index: str, certificates: str) -> str:
    """Write pip's configuration for the stage that makes buildbot-worker's virtual environment.

    Raises:
        InvalidRequest: if it would put a secret into Docker's build cache.
    """
    if "@" in urlsplit(index).netloc:
        raise InvalidRequest(
            "PIP_INDEX_URL has an account in it, which would stay in Docker's build cache: leave it out"
        )
    lines = ["[global]", "disable-pip-version-check = true", "timeout = 60"]
    if index:
        lines.append(f"index-url = {index}")
    if certificates:
        lines.append("cert = /tmp/pip/certificates.pem")
    return "\n".join(lines) + "\n"
