"""What can go wrong, named for the problem its reader has.

PythonBuildsError
├── ConfigurationError    the settings cannot be used
├── InvalidVersion        a text that is no CPython version
├── InvalidRequest        a build was asked for that cannot be: unknown platform, profile, …
├── InvalidKey            a name that must not become a path or a bucket key
├── SourceError
│   ├── SourceNotFound    no source has the release, or none that is trusted enough
│   ├── NotAnswered       python.org did not say what there is
│   ├── WrongDigest       a tarball is not what its source vouched for
│   └── NotVerified       a tarball's signature is bad, somebody else's, or cannot be checked
├── StoreError            the store refused, or does not hold what it should
│   ├── StoreConflict     somebody else wrote what was to be replaced
│   └── DamagedObject     an object is not what was written there, or not of the kind that belongs there
├── SigningError          a signature cannot be made
├── ImageError            a worker image cannot be made, found or pushed
└── FarmError             the farm on this machine cannot be started, reached or stopped

Every message says what was wrong, the value found, what is allowed and, where one can help, what to do next.
"""


class PythonBuildsError(Exception):
    """Base of all errors that are meant for a person: print the message, not a traceback."""


class ConfigurationError(PythonBuildsError):
    """The settings cannot be used; every problem is a line."""

    def __init__(self, problems: list[str]) -> None:
        """Take all that is wrong."""
        super().__init__("\n".join(problems))
        self.problems = problems


class InvalidVersion(PythonBuildsError, ValueError):
    """A text is no version that CPython could have released."""


class InvalidRequest(PythonBuildsError, ValueError):
    """A build was asked for that this farm cannot do."""


class InvalidKey(PythonBuildsError, ValueError):
    """A name must not become a bucket key."""


class SourceError(PythonBuildsError):
    """A release's source cannot be had."""


class SourceNotFound(SourceError):
    """No source has this release, or none that is trusted enough."""


class NotAnswered(SourceError):
    """python.org did not say what there is."""

    def __init__(self, message: str, retry_after: float | None = None, *, passing: bool = False) -> None:
        """Take for how many seconds the server wants to be left alone, if it says so, and whether it may pass soon."""
        super().__init__(message)
        self.retry_after = retry_after
        self.passing = passing


class WrongDigest(SourceError):
    """A tarball is not what its source vouched for."""


class NotVerified(SourceError):
    """A tarball's signature is bad, somebody else's, or cannot be checked."""


class StoreError(PythonBuildsError):
    """The store refused, or does not hold what it should."""


class StoreConflict(StoreError):
    """Somebody else wrote what was to be replaced."""


class DamagedObject(StoreError):
    """An object is not what was written there, or not of the kind that belongs there: reading it again is no help."""


class SigningError(PythonBuildsError):
    """A signature cannot be made."""


class ImageError(PythonBuildsError):
    """A worker image cannot be made, found or pushed."""


class FarmError(PythonBuildsError):
    """The farm on this machine cannot be started, reached or stopped."""
