"""All topics of the graph: name, type, quality of service, meaning."""

from dataclasses import dataclass
from typing import Any, Final

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage
from trajectory_msgs.msg import JointTrajectory

from pianomime.hands.hand_spec import HandSpec
from pianomime.hands.hands_model import PEDAL_GROUP
from pianomime_msgs import msg

# QoSProfile is reliable by default. Publishers have deep queues, so that a busy recorder misses
# nothing; readers of goals and commands that need only the newest message use depth 1.
STREAM: Final = QoSProfile(depth=20)
EVENTS: Final = QoSProfile(depth=200)
LATCHED: Final = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
LATCHED_EVENTS: Final = QoSProfile(depth=50, durability=DurabilityPolicy.TRANSIENT_LOCAL)
SENSOR: Final = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)


@dataclass(frozen=True)
class Topic:
    """A topic. `name` is relative, so that a namespace applies to the whole graph.

    Attributes:
        name: Relative name.
        type: Message class.
        qos: QoS of publishers, and of readers that need every message.
        meaning: One-line description.
        newest: Whether readers that act on the topic use only the newest message.
    """

    name: str
    type: Any
    qos: QoSProfile
    meaning: str
    newest: bool = False

    @property
    def type_name(self) -> str:
        """Package and message, as in message definitions: std_msgs/Header."""
        return f"{self.type.__module__.split('.')[0]}/{self.type.__name__}"

    @property
    def reader_qos(self) -> QoSProfile:
        """QoS of readers that act on the topic."""
        if not self.newest:
            return self.qos
        return QoSProfile(depth=1, reliability=self.qos.reliability)

    @property
    def recorder_qos(self) -> QoSProfile:
        """QoS of a reader that may lag but must not miss messages."""
        return QoSProfile(
            depth=1000, durability=self.qos.durability, reliability=self.qos.reliability
        )


SCORE: Final = Topic("score", msg.Score, LATCHED, "notes and pedal of the score")
KEY_GOAL: Final = Topic(
    "key_goal",
    msg.KeyGoal,
    STREAM,
    "notes and pedal within the horizon, each decision",
    newest=True,
)
FINGERING: Final = Topic(
    "fingering", msg.Fingering, LATCHED_EVENTS, "fingers chosen by the controllers for the notes"
)
JOINT_STATES: Final = Topic("joint_states", JointState, STREAM, "joints of hands and slides")
PIANO_STATE: Final = Topic("piano_state", msg.PianoState, STREAM, "88 keys and pedal")
MIDI_OUT: Final = Topic("midi_out", msg.MidiEvent, EVENTS, "MIDI events of the piano, to 5 ms")
GATE_STATUS: Final = Topic("gate_status", msg.GateStatus, LATCHED, "state and last verdict")
CLOCK: Final = Topic("/clock", Clock, STREAM, "simulated time, each decision")
DIAGNOSTICS: Final = Topic(
    "/diagnostics", DiagnosticArray, STREAM, "state of each node, once a second"
)

ROBOT_DESCRIPTION: Final = Topic(
    "robot_description", String, LATCHED, "URDF of hands and piano, for RViz and Foxglove"
)
TF: Final = Topic("tf", TFMessage, STREAM, "poses of the moving links of hands and piano")
TF_STATIC: Final = Topic("tf_static", TFMessage, LATCHED, "poses of the fixed links")

IMAGE_RAW: Final = Topic("image_raw", Image, SENSOR, "images of a camera or video", newest=True)
VIDEO_STATE: Final = Topic("video_state", msg.VideoState, LATCHED, "playing, ended or lost")
HAND_LANDMARKS: Final = Topic(
    "hand_landmarks",
    msg.HandLandmarks,
    STREAM,
    "landmarks of a pianist's hands; on the keyboard plane once it is calibrated",
)
PERCEPTION: Final = (IMAGE_RAW, VIDEO_STATE, HAND_LANDMARKS)
"""Topics of the perception graph, which is separate from the pianist's."""


def controller_command(source: str) -> Topic:
    """Return the topic of the requests of controller `source` to the gate."""
    return Topic(
        f"{source}/command",
        JointTrajectory,
        STREAM,
        f"joint targets requested by {source}, input of the gate",
    )


def group_command(group: str) -> Topic:
    """Return the topic of the gate's commands to a joint group."""
    return Topic(
        f"{group}/joint_trajectory",
        JointTrajectory,
        STREAM,
        "commands of the gate to this joint group",
        newest=True,
    )


def group_commands(hands: HandSpec) -> tuple[Topic, ...]:
    """Return the topics on which the gate commands the hands and the pedal."""
    return tuple(map(group_command, (*hands.command_groups, PEDAL_GROUP)))


def all_topics(sources: tuple[str, ...], hands: HandSpec) -> tuple[Topic, ...]:
    """Return all topics of a graph with controllers `sources` and these hands."""
    return (
        CLOCK, SCORE, KEY_GOAL, FINGERING, JOINT_STATES, PIANO_STATE, MIDI_OUT, GATE_STATUS,
        *(controller_command(source) for source in sources),
        *group_commands(hands),
        ROBOT_DESCRIPTION, TF, TF_STATIC, DIAGNOSTICS,
    )  # fmt: skip
