"""The settings of what is published: where to, under which URL, and signed by whom."""

from pydantic import Field
from pydantic_settings import BaseSettings

from python_builds.core.publishing.artifacts import KEY_PATTERN
from python_builds.core.settings.secret_settings import (
    AttestationKeysFile,
    CredentialsFile,
    PassphraseFile,
    SecretKeysFile,
    TokenFile,
)
from python_builds.core.settings.setting_types import AdvisorySources, ExistingPath, Fingerprints, HttpUrl


class PublishingSettings(BaseSettings):
    """A part of Settings."""

    cdn_url: HttpUrl | None = Field(
        None,
        description="URL under which clients fetch what is published; not set: a bucket's, or where a folder is served",
    )
    s3_bucket: str = Field(
        "", pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$", description="published instead of the folder"
    )
    s3_prefix: str = Field(
        "", pattern=rf"^({KEY_PATTERN})?$", description="of all keys in the bucket, without a slash at the end"
    )
    s3_region: str | None = Field(None, description="of the bucket; if not set, what boto3 finds")
    s3_endpoint_url: HttpUrl | None = Field(None, description="of a server that speaks S3, if it is not AWS")
    s3_path_style: bool = Field(False, description="whether the bucket is named in the path and not in the host name")
    s3_checksums: bool = Field(True, description="whether the server checks SHA-256 itself; older ones than AWS do not")
    s3_conditional_writes: bool = Field(
        True, description="whether the server knows If-Match and If-None-Match; without, only one master may publish"
    )
    s3_credentials_file: CredentialsFile | None = Field(
        None, description="credentials in the form of ~/.aws/credentials; if not set, boto3 looks where it always does"
    )
    s3_profile: str | None = Field(None, description="profile in that file, or of the operator's own AWS configuration")
    signing_key_file: SecretKeysFile | None = Field(
        None, description="OpenPGP secret keys that sign what is published, one or several"
    )
    signing_keys: Fingerprints = Field(
        "", description="fingerprints of the keys to sign with, of that file or else of gpg's own key ring and agent"
    )
    signing_passphrase_file: PassphraseFile | None = Field(None, description="file with the keys' passphrase")
    attestation_key_file: AttestationKeysFile | None = Field(
        None, description="keys in PEM, ECDSA of P-256 or Ed25519, that sign the provenance of each artifact"
    )
    sigstore_token_file: TokenFile | None = Field(
        None,
        description="OpenID Connect's token of an identity, renewed by its issuer's agent, by which sigstore signs the "
        "provenance of each artifact, too",
    )
    sigstore_trust_config: ExistingPath | None = Field(
        None, description="a sigstore of one's own, as its client trust configuration; not set: the public one"
    )
    builder_id: HttpUrl | None = Field(
        None, description="URL that names this farm in provenances; not set: CDN_URL, or a name that says nothing"
    )
    signing_expiry_days: int = Field(
        45, ge=1, le=3650, description="before a signing key expires in which somebody is told"
    )
    advisories: AdvisorySources = Field(
        "",
        description="records of advisories in OSV's form: folders, files or URLs of JSON, .zip or .tar.gz; see "
        "docs/operate.md",
    )
    vex_file: ExistingPath | None = Field(
        None, description="OpenVEX statements of what does not affect the published versions, by the operator"
    )
    advisories_overdue_hours: float = Field(72, gt=0, description="in which URLs of advisories should have answered")
    advisories_quiet_days: int = Field(
        180,
        ge=0,
        le=3650,
        description="after which a notice says that no advisory of CPython is newer, as a mirror may stand still; "
        "0: never",
    )
    published_trial_days: int = Field(
        7,
        ge=0,
        le=365,
        description="days after which what is published is tried again on a system with its updates, and at once where "
        "the archive changed a library that it links; 0: never",
    )
    keep_revisions: int = Field(2, ge=1, description="revisions of each product that `make prune` leaves")

    @property
    def signs(self) -> bool:
        """Whether what is published is signed."""
        return bool(self.signing_key_file or self.signing_keys)

    @property
    def builder_name(self) -> str:
        """What the farm is called in what it states of its artifacts, a URI."""
        return self.builder_id or self.cdn_url or "urn:python-builds:farm"
