"""Published and subscribed topics of each node, for security policies and documentation."""

from collections.abc import Sequence
from dataclasses import dataclass

from pianomime.controllers.registry import find_controller
from pianomime.hands.hand_spec import HandSpec
from pianomime_common import topics
from pianomime_common.topics import Topic
from pianomime_hardware import driver_topics
from pianomime_hardware.hardware_config import RAIL_CONTROLLER


@dataclass(frozen=True)
class NodeTopics:
    """Topics of a node, except those of every node."""

    publishes: tuple[Topic, ...]
    listens: tuple[Topic, ...]


def node_topics(
    name: str, controllers: Sequence[str], hands: HandSpec, driver: str = "shadow"
) -> NodeTopics:
    """Return the topics of node `name` in a graph with these controllers and hands."""
    commands = topics.group_commands(hands)
    requests = tuple(topics.controller_command(source) for source in controllers)
    pedal = topics.group_command(topics.PEDAL_GROUP)
    driven_by = driver_topics.trajectory_controllers(hands, RAIL_CONTROLLER)
    passed_on = tuple(topics.group_command(group) for group in driven_by)
    driven = tuple(driver_topics.trajectory(driver, c) for c in dict.fromkeys(driven_by.values()))
    driver_states = driver_topics.joint_states(driver)
    if name in controllers:
        needs = find_controller(name).load_topics()
        return NodeTopics(
            (topics.controller_command(name), topics.FINGERING),
            (topics.KEY_GOAL, topics.JOINT_STATES, *needs),
        )
    return {
        "sim": NodeTopics(
            (topics.JOINT_STATES, topics.PIANO_STATE, topics.MIDI_OUT, topics.CLOCK), commands
        ),
        "goals": NodeTopics(
            (topics.SCORE, topics.KEY_GOAL), (topics.PIANO_STATE,)
        ),
        "gate": NodeTopics(
            (*commands, topics.GATE_STATUS, topics.MIDI_OUT),
            (*requests, topics.JOINT_STATES, topics.KEY_GOAL),
        ),
        "recorder": NodeTopics((), topics.all_topics(tuple(controllers), hands)),
        "shadow_bridge": NodeTopics((topics.JOINT_STATES, *driven), (*passed_on, driver_states)),
        "midi_keyboard": NodeTopics((topics.PIANO_STATE, topics.MIDI_OUT), (pedal,)),
        "emulator": NodeTopics((driver_states,), driven),
        "view": NodeTopics(
            (),
            (
                topics.SCORE, topics.KEY_GOAL, topics.FINGERING, topics.JOINT_STATES,
                topics.PIANO_STATE,
                topics.MIDI_OUT, topics.GATE_STATUS, topics.DIAGNOSTICS,
            ),
        ),
        "description": NodeTopics(
            (topics.ROBOT_DESCRIPTION, topics.TF, topics.TF_STATIC),
            (topics.JOINT_STATES, topics.PIANO_STATE),
        ),
        "video_source": NodeTopics((topics.IMAGE_RAW, topics.VIDEO_STATE), ()),
        "perception": NodeTopics((topics.HAND_LANDMARKS,), (topics.IMAGE_RAW,)),
    }[name]  # fmt: skip
