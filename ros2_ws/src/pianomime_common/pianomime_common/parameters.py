"""Construction of a configuration from ROS parameters."""

import dataclasses
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from pianomime.config import Config
from pianomime.errors import ConfigError

C = TypeVar("C", bound=Config)

_OF_ROS = ("use_sim_time", "start_type_description_service", "qos_overrides")


def declare(node: Node, config_type: type[C], on_change: Callable[[C], None]) -> C:
    """Declare a parameter for each field of `config_type` and return the configuration.

    Fields without `runtime` are read-only parameters. Changes of the others are applied or rejected
    atomically, with the reason; `on_change` is called with the new configuration.

    Raises:
        ConfigError: A value is out of range, or a given parameter does not exist.
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
        values[name] = _value(field, given[name].value if name in given else field.default)
    config = config_type(**values)
    for name, field in fields.items():
        node.declare_parameter(name, values[name], _descriptor(field), ignore_override=True)
    _follow(node, config, fields, on_change)
    return config


def _follow(node: Node, config: C, fields: dict[str, Any], on_change: Callable[[C], None]) -> None:
    def changed(parameters: list[Parameter]) -> C:
        ours = {p.name: _value(fields[p.name], p.value) for p in parameters if p.name in fields}
        return dataclasses.replace(config, **ours)

    def check(parameters: list[Parameter]) -> SetParametersResult:
        try:
            changed(parameters)
        except ConfigError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def take(parameters: list[Parameter]) -> None:
        nonlocal config
        if any(p.name in fields for p in parameters):
            config = changed(parameters)
            on_change(config)

    node.add_on_set_parameters_callback(check)
    node.add_post_set_parameters_callback(take)


def _value(field: "dataclasses.Field[Any]", value: Any) -> Any:
    """Convert an integer to float if the field is a float."""
    return float(value) if isinstance(field.default, float) and isinstance(value, int) else value


def _descriptor(field: "dataclasses.Field[object]") -> ParameterDescriptor:
    meta = field.metadata
    descriptor = ParameterDescriptor(
        description=meta["description"],
        read_only=not meta["runtime"],
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
