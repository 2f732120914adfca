"""The settings as a master reads them: what is wrong with them is one of Buildbot's configuration errors."""

from buildbot.config.errors import ConfigErrors

from python_builds.core.errors import ConfigurationError
from python_builds.core.settings.settings import Settings, load_settings


def master_settings() -> Settings:
    """Read and check all settings.

    Raises:
        ConfigErrors: with all problems, each of which Buildbot prints on a line of its own.
    """
    try:
        return load_settings()
    except ConfigurationError as error:
        raise ConfigErrors(error.problems) from error
