"""A request of the API as a template spells it."""

from collections.abc import Mapping

from imagebuilder_model import Shape, load_model


def as_properties(shape: Shape, value: object) -> object:
    """Return the value with the names of members in CloudFormation's spelling. Keys of maps are the user's: they stay."""
    shapes = load_model().shapes
    match shape.type, value:
        case "structure", Mapping():
            return {
                name[:1].upper() + name[1:]: as_properties(shapes[shape.members[name].shape], item)
                for name, item in value.items()
            }
        case "list", list() if shape.element is not None:
            return [as_properties(shapes[shape.element], item) for item in value]
        case _:
            return value
