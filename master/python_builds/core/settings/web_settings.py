"""The settings of the web UI: where it is, who may look and act there, and who may read the metrics."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from python_builds.core.settings.secret_settings import PasswordFile, TokenFile
from python_builds.core.settings.setting_types import HttpUrl, one_of

EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - a table, nothing is bound
"""Addresses that mean all of a machine's, each with one that the machine itself can go to."""

WEB_READERS = ("everyone", "operators")


class WebSettings(BaseSettings):
    """A part of Settings."""

    web_user: str = Field(
        "operator", min_length=1, max_length=100, description="name of the operator's account in the web UI"
    )
    web_password_file: PasswordFile | None = Field(
        None, description="file with that account's password; if not set, the farm draws one"
    )
    web_readers: Annotated[str, one_of(WEB_READERS)] = Field(
        "everyone", description="who may look at builds and logs: everyone who reaches the web UI, or operators"
    )
    metrics_token_file: TokenFile | None = Field(
        None, description="file with the token that opens /metrics; if not set, they are for whoever may look"
    )
    web_url: HttpUrl | None = Field(None, description="URL under which browsers reach the web UI, if it is another")
    web_host: str = Field("127.0.0.1", description="address the web UI listens on")
    web_port: int = Field(8010, ge=1, le=65535, description="port the web UI listens on")

    @field_validator("web_host")
    @classmethod
    def _browsers_can_go_there(cls, value: str, info: ValidationInfo) -> str:
        if value in EVERY_ADDRESS and info.data.get("web_url") is None:
            raise ValueError("needs PYTHON_BUILDS_WEB_URL, as no browser can go to that address")
        return value

    @property
    def public_url(self) -> str:
        """Where browsers find the web UI; it ends in a slash, as Buildbot wants it."""
        return self.web_url + "/" if self.web_url else self.local_url

    @property
    def local_url(self) -> str:
        """Where this machine finds the web UI, whatever stands between it and browsers."""
        host = EVERY_ADDRESS.get(self.web_host, self.web_host)
        return f"http://[{host}]:{self.web_port}/" if ":" in host else f"http://{host}:{self.web_port}/"
