"""What is imported before Buildbot's own tests are: they make warnings errors, and some of its modules warn at import."""

import buildbot.schedulers.forcesched  # noqa: F401
