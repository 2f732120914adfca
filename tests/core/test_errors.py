"""The errors that are meant for a person."""

import inspect

import pytest

from python_builds.core import errors

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("error", CLASSES, ids=lambda c: c.__name__)
def test_every_error_is_caught_by_who_catches_the_base(error):
    assert issubclass(error, errors.PythonBuildsError)


@pytest.mark.parametrize("error", CLASSES, ids=lambda c: c.__name__)
def test_every_error_is_in_the_tree_that_its_module_shows(error):
    assert f"{error.__name__} " in errors.__doc__.replace("\n", " "), (
        f"add {error.__name__} to the tree at the head of core/errors.py, with its reader's problem"
    )
