"""The settings of who logs in to the web UI by which way, and who has which role there.

The account of the file is there whatever else is: for the command line, and for people when the other way is broken.
"""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from python_builds.core.settings.secret_settings import LoginSecretFile, PasswordFile
from python_builds.core.settings.setting_types import HeaderName, HttpUrl, LdapUrl, Members, SearchFilter, one_of

PASSWORD, GITHUB, GITLAB, OIDC, PROXY = LOGINS = ("password", "github", "gitlab", "oidc", "proxy")
OAUTH = (GITHUB, GITLAB, OIDC)


class LoginSettings(BaseSettings):
    """A part of Settings."""

    web_login: Annotated[str, one_of(LOGINS)] = Field(
        PASSWORD, description=f"how people log in, beside the operator's account: {', '.join(LOGINS)}"
    )
    login_url: HttpUrl | None = Field(
        None,
        description="issuer of OpenID Connect, or the server if it is another than github.com or gitlab.com",
        validate_default=True,
    )
    login_client_id: str = Field("", description="by which that server knows this farm", validate_default=True)
    login_secret_file: LoginSecretFile | None = Field(
        None,
        description="file with the client's secret there; of proxy, what the proxy shows in X-Proxy-Secret",
        validate_default=True,
    )
    login_scope: str = Field("openid profile email", description="what is asked of OpenID Connect")
    login_user_claim: str = Field("preferred_username", description="what OpenID Connect calls the user's name")
    login_groups_claim: str = Field("groups", description="what OpenID Connect calls the list of the user's groups")
    login_header: HeaderName = Field("X-Remote-User", description="in which the proxy says who has logged in there")
    ldap_url: LdapUrl | None = Field(
        None, description="of a directory that has the groups of who logs in by proxy, as in ldaps://ldap.example"
    )
    ldap_user: str = Field("", description="DN by which the farm asks it; not set: without a name")
    ldap_password_file: PasswordFile | None = Field(None, description="file with that user's password")
    ldap_accounts: str = Field("", description="DN below which people are, as in ou=people,dc=example,dc=org")
    ldap_account_filter: SearchFilter = Field("(uid=%(username)s)", description="finds a person")
    ldap_groups: str = Field("", description="DN below which groups are")
    ldap_group_filter: SearchFilter = Field("(member=%(dn)s)", description="finds the groups of a person")
    web_viewers: Members = Field(
        "", description="who may look where only operators may, as in 'anna, @team': people, and groups after an @"
    )
    web_builders: Members = Field("", description="who may ask for builds, stop and cancel them, too")
    web_admins: Members = Field("", description="who may break the glass, too: rebuild what is published, pause, all")

    @field_validator("login_client_id")
    @classmethod
    def _goes_with_oauth(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("web_login") in OAUTH and not value:
            raise ValueError(f"must be what {info.data['web_login']} calls this farm, for PYTHON_BUILDS_WEB_LOGIN")
        return value

    @field_validator("login_url")
    @classmethod
    def _is_of_oidc(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("web_login") == OIDC and value is None:
            raise ValueError("must be the issuer's URL, for PYTHON_BUILDS_WEB_LOGIN=oidc")
        return value

    @field_validator("login_secret_file")
    @classmethod
    def _is_needed(cls, value: object, info: ValidationInfo) -> object:
        if info.data.get("web_login", PASSWORD) != PASSWORD and value is None:
            raise ValueError(f"must be a file, for PYTHON_BUILDS_WEB_LOGIN={info.data['web_login']}")
        return value

    @field_validator("ldap_url")
    @classmethod
    def _goes_with_proxy(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("web_login") != PROXY:
            raise ValueError("needs PYTHON_BUILDS_WEB_LOGIN=proxy: passwords are the proxy's, groups the directory's")
        return value
