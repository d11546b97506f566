"""Fill a library configuration from ROS parameters."""

import dataclasses
import sys
from typing import TypeVar

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

from pianomime.config import Config
from pianomime.errors import ConfigError

C = TypeVar("C", bound=Config)

_OF_ROS = ("use_sim_time", "start_type_description_service", "qos_overrides")


def declare(node: Node, config_type: type[C]) -> C:
    """Declare one read-only parameter for each field of `config_type` and return them filled in.

    Raises:
        ConfigError: A value is out of range, or a parameter was given that does not exist.
    """
    fields = {field.name: field for field in dataclasses.fields(config_type)}
    given = getattr(node, "_parameter_overrides")  # noqa: B009  rclpy has no public reader
    unknown = [n for n in given if n not in fields and n.split(".")[0] not in _OF_ROS]
    if unknown:
        raise ConfigError(
            f"{node.get_name()}: no parameter {', '.join(unknown)}; there are: {', '.join(fields)}"
        )
    values = {}
    for name, field in fields.items():
        value = given[name].value if name in given else field.default
        if isinstance(field.default, float) and isinstance(value, int):
            value = float(value)
        values[name] = value
    config = config_type(**values)
    for name, field in fields.items():
        node.declare_parameter(name, values[name], _descriptor(field), ignore_override=True)
    return config


def _descriptor(field: "dataclasses.Field[object]") -> ParameterDescriptor:
    meta = field.metadata
    descriptor = ParameterDescriptor(
        description=meta["description"],
        read_only=True,
        additional_constraints=f"one of: {', '.join(meta['one_of'])}" if meta["one_of"] else "",
    )
    low, high = meta["ge"], meta["le"]
    if low is None and high is None:
        return descriptor
    if isinstance(field.default, float):
        low = -sys.float_info.max if low is None else float(low)
        high = sys.float_info.max if high is None else float(high)
        descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
    else:
        low = -(2**63) if low is None else int(low)
        high = 2**63 - 1 if high is None else int(high)
        descriptor.integer_range = [IntegerRange(from_value=low, to_value=high, step=1)]
    return descriptor
