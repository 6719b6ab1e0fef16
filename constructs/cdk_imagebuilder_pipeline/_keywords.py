"""Turns the fields of a props dataclass into keyword arguments of a construct, so that type checkers see each one."""

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from constructs import Construct

from cdk_imagebuilder_pipeline.hints import is_set_by_the_function, meaning_of
from cdk_imagebuilder_pipeline.origin import show_only_the_app_of
from cdk_imagebuilder_pipeline.values.described import described
from imagebuilder_model import Problem

P = ParamSpec("P")
Props = TypeVar("Props")
Self = TypeVar("Self")


class InvalidPropsError(ValueError):
    """Props that the service would reject, with every problem found."""

    def __init__(self, owner: str, problems: Sequence[str]) -> None:
        self.problems = problems
        if len(problems) == 1:
            super().__init__(f"{owner}: {problems[0]}")
        else:
            super().__init__("\n- ".join([f"{owner}: {len(problems)} problems:", *problems]))


class WrongKeywordsError(InvalidPropsError, TypeError):
    """Unknown or missing keywords, together with every other problem of the props.

    It is a TypeError, as Python raises for such keywords, and a ValueError, as for any problem of props.
    """


Request = dict[str, Any]
_Init = Callable[[Self, Construct, str, Props, Request], None]
_InitWithKeywords = Callable[Concatenate[Self, Construct, str, P], None]


def takes_props(
    props_class: Callable[P, Props], convert: Callable[[Props], tuple[Request, Sequence[Problem]]]
) -> Callable[[_Init[Self, Props]], _InitWithKeywords[Self, P]]:
    """Decorate an `__init__` that takes props and their request, so that it takes the props as keywords.

    Raise TypeError for an unknown or missing prop and ValueError for any problem, with the construct's path.
    """
    known = inspect.signature(props_class).parameters

    def decorate(init: _Init[Self, Props]) -> _InitWithKeywords[Self, P]:
        @wraps(init)
        def init_with_keywords(self: Self, scope: Construct, id: str, *args: P.args, **kwargs: P.kwargs) -> None:
            def owner() -> str:
                return f"{type(self).__name__} '{'/'.join(filter(None, (scope.node.path, id)))}'"

            if args:
                written = f"{type(self).__name__}.from_props(scope, id, props)"
                got = f"got {described(args[0])} after the id"
                raise TypeError(f"{owner()}: props must be keyword arguments: {got}, write {written}")
            missing = [name for name in _required(known) if name not in kwargs]
            wrong = [f"{name} is missing" for name in missing]
            wrong += [_unknown(name, list(known)) for name in kwargs if name not in known]
            given = {name: value for name, value in kwargs.items() if name in known} | dict.fromkeys(missing)
            untyped: Any = props_class  # missing props are None here
            props: Props = untyped(**given)
            request, problems = convert(props)
            # Report a missing prop only once.
            found = [str(problem) for problem in problems if problem.path[0] not in missing]
            if wrong or found:
                show_only_the_app_of(InvalidPropsError)
            if wrong:
                raise WrongKeywordsError(owner(), [*wrong, *found])
            if found:
                raise InvalidPropsError(owner(), found)
            init(self, scope, id, props, request)

        own = list(inspect.signature(init).parameters.values())[:-2]
        init_with_keywords.__signature__ = inspect.Signature([*own, *known.values()])  # type: ignore[attr-defined]
        # `scope=` and `id=` also work as keywords, which Concatenate cannot express.
        return cast("_InitWithKeywords[Self, P]", init_with_keywords)

    return decorate


def _required(known: Mapping[str, inspect.Parameter]) -> list[str]:
    return [name for name, parameter in known.items() if parameter.default is parameter.empty]


def _unknown(name: str, known: Collection[str]) -> str:
    if is_set_by_the_function(name):
        return f"{name} is not a prop: the function sets it, remove it"
    meant = meaning_of(name, known)
    way_out = f"did you mean {meant}?" if meant else f"allowed are {', '.join(known)}"
    return f"{name} is not a prop: {way_out}"
