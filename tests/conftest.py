"""What tests of several modules need: products and records of them."""

import datetime

import pytest
from packaging.version import Version

from python_builds.facts.artifacts import Product, artifact_keys, artifact_kind
from python_builds.facts.platforms import platform_named
from python_builds.facts.records import Artifact, Record, Source
from tests.script_runs import work_folder


@pytest.fixture
def work():
    """Give a work folder of the build scripts."""
    with work_folder() as folder:
        yield folder


@pytest.fixture
def make_product():
    """Make a product; what is not named is CPython 3.13.5 for debian-12-amd64, optimized."""

    def make(version="3.13.5", platform="debian-12", architecture="amd64", profile="optimized", variant=""):
        return Product(
            version=Version(version),
            platform=platform_named(platform),
            architecture=architecture,
            profile=profile,
            variant=variant,
        )

    return make


@pytest.fixture
def make_record(make_product):
    """Make the record of a revision of a product; revision N was built on day N of 2026."""

    def make(*product, revision=1, checked=True, **named):
        made = make_product(*product, **named)
        return Record(
            python_version=str(made.version),
            variant=made.variant,
            platform=made.platform.name,
            architecture=made.architecture,
            revision=revision,
            profile=made.profile,
            checked=checked,
            built_at=datetime.datetime(2026, 1, revision, tzinfo=datetime.UTC),
            source=Source(name="Python.tgz", sha256="a" * 64, size=1, origin="a test", trust="digest"),
            artifacts=tuple(
                Artifact(kind=artifact_kind(name), key=key, sha256="b" * 64, size=2)
                for name, key in artifact_keys(made, revision).items()
            ),
        )

    return make
