"""At which times messages stand in a bag."""

import struct

import pytest
from geometry_msgs.msg import TransformStamped
from rclpy.serialization import serialize_message
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

from pianomime_common import topics
from pianomime_common.conversions import to_time
from pianomime_recorder.log_time import log_time_ns, stamp_offset

NOW_NS = 12_500_000_000


def stamped(topic, stamp_s):
    message = topic.type()
    if hasattr(message, "clock"):
        message.clock = to_time(stamp_s)
    else:
        message.header.stamp = to_time(stamp_s)
    return serialize_message(message)


@pytest.mark.parametrize("topic", [topics.JOINT_STATES, topics.KEY_GOAL, topics.CLOCK], ids=str)
def test_a_message_stands_at_its_stamp(topic):
    offset = stamp_offset(topic.type)
    assert log_time_ns(stamped(topic, 12.45), offset, NOW_NS) == 12_450_000_000


def test_transforms_stand_at_the_stamp_of_the_first():
    transform = TransformStamped()
    transform.header.stamp = to_time(12.45)
    data = serialize_message(TFMessage(transforms=[transform, TransformStamped()]))
    offset = stamp_offset(TFMessage)
    assert log_time_ns(data, offset, NOW_NS) == 12_450_000_000
    assert log_time_ns(serialize_message(TFMessage()), offset, NOW_NS) == NOW_NS


def test_what_has_no_stamp_of_this_clock_stands_at_when_it_came():
    assert stamp_offset(String) is None
    assert log_time_ns(serialize_message(String(data="x" * 20)), None, NOW_NS) == NOW_NS
    offset = stamp_offset(JointState)
    for stamp_s in (0.0, 1.8e9):
        for now_ns in (10**9, NOW_NS):
            assert log_time_ns(stamped(topics.JOINT_STATES, stamp_s), offset, now_ns) == now_ns


def test_the_other_byte_order_is_read_too():
    data = b"\x00\x00\x00\x00" + struct.pack(">iI", 12, 450_000_000)
    assert log_time_ns(data, 4, NOW_NS) == 12_450_000_000
