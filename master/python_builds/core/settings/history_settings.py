"""The settings of how long the farm remembers what it did. What it published is in the store, and stays."""

from pydantic import Field
from pydantic_settings import BaseSettings


class HistorySettings(BaseSettings):
    """A part of Settings."""

    keep_logs_days: int = Field(90, ge=1, le=36500, description="days after which the logs of builds are removed")
    keep_builds_days: int = Field(
        365,
        ge=1,
        le=36500,
        description="days after which builds and their requests are removed from Buildbot's database; what failed "
        "stays until it went well",
    )
