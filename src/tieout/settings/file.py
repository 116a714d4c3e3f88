"""Reading the file: YAML with line numbers, secrets by reference, errors that say what to do."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from tieout.settings.model import Settings


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the file."""

    line: int
    path: str
    message: str


class ConfigurationError(Exception):
    """The configuration cannot be used; nothing was started. One problem per line."""

    def __init__(self, file: Path, problems: list[Problem]) -> None:
        self.problems = problems
        rows = [f"{file.name}:{p.line}: {p.path + ': ' if p.path else ''}{p.message}" for p in problems]
        super().__init__("\n".join(rows))


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings with the file they came from, to resolve what is relative to it."""

    settings: Settings
    file: Path
    tree: CommentedMap

    def secret(self, reference: str, path: tuple[str, ...]) -> str:
        """The secret a reference stands for. Raises `ConfigurationError` when it is not there."""
        kind, _, name = reference.partition(":")
        if kind == "env":
            value = os.environ.get(name)
            remedy = f"set the environment variable {name}"
        else:
            target = self.beside(name)
            try:
                value = target.read_text(encoding="utf-8") if target.is_file() else None
            except (OSError, UnicodeDecodeError) as error:
                message = f"the secret {reference} cannot be read ({type(error).__name__})"
                raise self.error(path, f"{message}; it must be a readable text file") from error
            remedy = f"put the secret into {name}"
        if not value:
            raise self.error(path, f"the secret {reference} is missing; {remedy}")
        return value

    def beside(self, name: str) -> Path:
        """A path relative to the configuration file."""
        return (self.file.parent / name).resolve()

    def error(self, path: tuple[str | int, ...], message: str) -> ConfigurationError:
        """An error at a place in the file."""
        place = ".".join(str(part) for part in path)
        return ConfigurationError(self.file, [Problem(line_of(self.tree, path), place, message)])


def load(file: Path) -> Loaded:
    """Read and validate `tieout.yaml`. Raises `ConfigurationError`."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        message = f"cannot be read ({error.strerror}); `tieout init` writes a first one"
        raise ConfigurationError(file, [Problem(1, "", message)]) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(file, [Problem(1, "", "is not UTF-8 text; save it as UTF-8")]) from error
    try:
        tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        message = f"is not valid YAML: {error.problem or error.context}"
        raise ConfigurationError(file, [Problem(line, "", message)]) from error
    except YAMLError as error:
        raise ConfigurationError(file, [Problem(1, "", f"is not valid YAML: {error}")]) from error
    if not isinstance(tree, CommentedMap):
        raise ConfigurationError(file, [Problem(1, "", "must be a mapping of settings")])
    try:
        settings = Settings.model_validate(plain(tree))
    except ValidationError as error:
        raise ConfigurationError(file, problems_of(error, tree, Settings)) from error
    return Loaded(settings, file, tree)


def problems_of(
    error: ValidationError, tree: CommentedMap, model: type[BaseModel], prefix: tuple[str, ...] = ()
) -> list[Problem]:
    """Pydantic's errors in our words, each with its line."""
    problems = []
    for one in error.errors():
        path = prefix + tuple(part for part in one["loc"] if not _is_union_tag(part))
        place = ".".join(str(part) for part in path)
        problems.append(Problem(line_of(tree, path), place, _message(one, path, model)))
    return problems


def _is_union_tag(part: str | int) -> bool:
    """Parts of a pydantic location that are no key of the file."""
    return part in {"oauth2", "tba", "str", "list[str]", "ConditionValue", "[key]"}


def _message(error: Mapping[str, Any], path: tuple[str | int, ...], model: type[BaseModel]) -> str:
    found = error.get("input")
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(path[-1]), sorted(_keys(model)), 1)
        hint = f"; did you mean {near[0]!r}?" if near else "; remove it"
        return f"unknown key{hint}"
    if error["type"] == "missing":
        return "is required and missing; add it"
    if error["type"] == "string_pattern_mismatch" and "(env|file)" in str(error.get("ctx")):
        return "a secret is given by reference only: write env:NAME or file:PATH"
    if error["type"] in {"union_tag_not_found", "union_tag_invalid"}:
        context = error["ctx"]
        name = str(context["discriminator"]).strip("'")
        given = f"found {context['tag']!r}" if "tag" in context else "which is missing; add it"
        return f"expected {name}: {context.get('expected_tags', 'oauth2 or tba')}, {given}"
    shown = "" if isinstance(found, dict | list) else f", found {_as_written(found)!r}"
    quotes = error["type"] == "string_type" and isinstance(found, int | date)
    return f"{error['msg']}{shown}{'; put it in quotes' if quotes else ''}"


def _as_written(found: object) -> object:
    """A value as a person would write it: YAML turns what looks like an instant into one."""
    return found.isoformat() if isinstance(found, date) else found


def _keys(model: type[BaseModel], seen: set[type] | None = None) -> set[str]:
    """All setting names of a model and the models inside it."""
    seen = seen if seen is not None else set()
    keys: set[str] = set()
    if model in seen:
        return keys
    seen.add(model)
    for name, field in model.model_fields.items():
        keys.add(name)
        stack = [field.annotation]
        while stack:
            kind = stack.pop()
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                keys |= _keys(kind, seen)
            stack.extend(get_args(kind))
    return keys


def line_of(tree: object, path: tuple[str | int, ...]) -> int:
    """The line of a key, or of the nearest thing above it that exists."""
    line = 1
    node: object = tree
    for part in path:
        if isinstance(node, CommentedMap) and part in node:
            line = node.lc.key(part)[0] + 1
            node = node[part]
        elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
            line = node.lc.item(part)[0] + 1
            node = node[part]
        else:
            break
    return line


def plain(node: object) -> Any:
    """Ordinary dicts and lists; numbers that are keys or ids become text where text is meant."""
    if isinstance(node, Mapping):
        return {str(key): plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node]
    return node
