"""Gives a construct the props of a dataclass as keywords, so that type checkers see each one."""

import inspect
from collections.abc import Callable, Collection, Mapping, Set
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from constructs import Construct

from cdk_imagebuilder_pipeline.hints import is_set_by_the_function, meaning_of
from cdk_imagebuilder_pipeline.props import InvalidPropsError
from imagebuilder_model import described

P = ParamSpec("P")
Props = TypeVar("Props")
Self = TypeVar("Self")


class WrongKeywordsError(InvalidPropsError, TypeError):
    """Keywords that are not known or missing, beside every other problem of the props.

    A TypeError as Python itself raises it, and a ValueError as for any problem of props.
    """


_Init = Callable[[Self, Construct, str, Props], None]
_InitWithKeywords = Callable[Concatenate[Self, Construct, str, P], None]


def takes_props(props_class: Callable[P, Props]) -> Callable[[_Init[Self, Props]], _InitWithKeywords[Self, P]]:
    """Make an `__init__` that takes a props object take the object's parameters instead.

    TypeError for a prop that is not known or missing, ValueError for every problem, with the construct's path.
    """
    known = inspect.signature(props_class).parameters

    def decorate(init: _Init[Self, Props]) -> _InitWithKeywords[Self, P]:
        @wraps(init)
        def init_with_keywords(self: Self, scope: Construct, id: str, *args: P.args, **kwargs: P.kwargs) -> None:
            def owner() -> str:
                return f"{type(self).__name__} '{'/'.join(filter(None, (scope.node.path, id)))}'"

            if args:
                written = f"{type(self).__name__}.from_props(scope, id, props)"
                got = f"got {described(args[0])} behind the id"
                raise TypeError(f"{owner()}: props are given by keyword: {got}, write {written}")
            wrong = _unknown_and_missing(known, kwargs.keys())
            if wrong:
                raise WrongKeywordsError(owner(), [*wrong, *_problems(props_class, known, kwargs)])
            try:
                props = props_class(*args, **kwargs)
            except InvalidPropsError as error:
                raise InvalidPropsError(owner(), error.problems) from None
            init(self, scope, id, props)

        own = list(inspect.signature(init).parameters.values())[:-1]
        init_with_keywords.__signature__ = inspect.Signature([*own, *known.values()])  # type: ignore[attr-defined]
        # Keywords `scope=` and `id=` are taken as well; Concatenate has no way to say so.
        return cast("_InitWithKeywords[Self, P]", init_with_keywords)

    return decorate


def _unknown_and_missing(known: Mapping[str, inspect.Parameter], given: Set[str]) -> list[str]:
    missing = [f"{name} is missing" for name in _required(known) if name not in given]
    return missing + [_unknown(name, list(known)) for name in given if name not in known]


def _problems(
    props_class: Callable[..., object], known: Mapping[str, inspect.Parameter], given: Mapping[str, object]
) -> list[str]:
    """Return what is wrong with the props that are known, so that all problems are told at once."""
    missing = [name for name in _required(known) if name not in given]
    try:
        props_class(**{name: value for name, value in given.items() if name in known}, **dict.fromkeys(missing))
    except InvalidPropsError as error:
        return [one for one in error.problems if not one.startswith(tuple(f"{name} " for name in missing))]
    return []


def _required(known: Mapping[str, inspect.Parameter]) -> list[str]:
    return [name for name, parameter in known.items() if parameter.default is parameter.empty]


def _unknown(name: str, known: Collection[str]) -> str:
    if is_set_by_the_function(name):
        return f"{name} is not a prop: the function sets it, remove it"
    meant = meaning_of(name, known)
    way_out = f"did you mean {meant}?" if meant else f"props are {', '.join(known)}"
    return f"{name} is not a prop: {way_out}"
