"""Gives a construct the props of a dataclass as keywords, so that type checkers see each one."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Set
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from constructs import Construct

from cdk_imagebuilder_pipeline.props import InvalidPropsError
from imagebuilder_model import nearest

P = ParamSpec("P")
Props = TypeVar("Props")
Self = TypeVar("Self")

_Init = Callable[[Self, Construct, str, Props], None]
_InitWithKeywords = Callable[Concatenate[Self, Construct, str, P], None]


def takes_props(props_class: Callable[P, Props]) -> Callable[[_Init[Self, Props]], _InitWithKeywords[Self, P]]:
    """Make an `__init__` that takes a props object take the object's parameters instead.

    TypeError for a prop that is not known or missing, ValueError for one that is wrong, both with the construct's path.
    """
    known = inspect.signature(props_class).parameters

    def decorate(init: _Init[Self, Props]) -> _InitWithKeywords[Self, P]:
        @wraps(init)
        def init_with_keywords(self: Self, scope: Construct, id: str, *args: P.args, **kwargs: P.kwargs) -> None:  # noqa: A002 (CDK's name)
            def owner() -> str:
                return f"{type(self).__name__} '{'/'.join(filter(None, (scope.node.path, id)))}'"

            problems = _unknown_and_missing(known, kwargs.keys())
            if problems:
                raise TypeError(f"{owner()}: {'; '.join(problems)}")
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
    required = [name for name, parameter in known.items() if parameter.default is parameter.empty]
    missing = [f"{name} is missing" for name in required if name not in given]
    return missing + [_unknown(name, known) for name in given if name not in known]


def _unknown(name: str, known: Iterable[str]) -> str:
    meant = nearest(name, known)
    way_out = f"did you mean {meant}?" if meant else f"props are {', '.join(known)}"
    return f"{name} is not a prop: {way_out}"
