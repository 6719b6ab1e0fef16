"""The user's settings of pip, such as a package index of their company, as options of uv, which does not read them."""

import ast
from collections.abc import Iterator

_OPTIONS = {
    "index-url": "--default-index",
    "extra-index-url": "--index",
    "find-links": "--find-links",
    "trusted-host": "--allow-insecure-host",
}
_VARIABLES = {
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
}
# pip's own order: a variable overrides the section of the command, which overrides the global one.
_SECTIONS = ("global", "install", ":env:")


def settings(listed: str) -> dict[str, str]:
    """Return the settings of `pip install` by name, from the output of `pip config list`."""
    found: dict[tuple[int, str], str] = {}
    for line in listed.splitlines():
        key, separator, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if separator and section in _SECTIONS:
            found[_SECTIONS.index(section), name.removeprefix("default-")] = ast.literal_eval(value)
    return {name: found[section, name] for section, name in sorted(found)}


def options(of_pip: dict[str, str]) -> list[str]:
    """Return the command line options of `uv pip install` for the settings of pip."""
    return list(_options(of_pip))


def _options(of_pip: dict[str, str]) -> Iterator[str]:
    for name, option in _OPTIONS.items():
        for value in of_pip.get(name, "").split():
            yield from (option, value)
    if of_pip.get("no-index", "").lower() in {"1", "true", "yes", "on"}:
        yield "--no-index"
    # pip takes a package from any index. Hashes make that safe.
    yield "--index-strategy=unsafe-best-match"


def variables(of_pip: dict[str, str]) -> dict[str, str]:
    """Return the environment variables of uv for the settings of pip."""
    return {variable: of_pip[name] for name, variable in _VARIABLES.items() if name in of_pip}
