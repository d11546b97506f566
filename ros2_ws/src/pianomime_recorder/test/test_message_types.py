"""What a bag says of the types in it."""

import pytest
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from pianomime.hands.embodiment import embodiment
from pianomime_common import topics
from pianomime_recorder.message_types import MessageTypes

TOPICS = topics.all_topics(("expert",), embodiment("pianomime"))


@pytest.fixture(scope="module")
def types():
    return MessageTypes()


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_the_definition_alone_gives_the_type_of_that_hash(types, topic):
    found = types.of(topic.type_name)
    parsed = get_types_from_msg(found["msgdef"], found["msgtype"])
    store = get_typestore(Stores.EMPTY)
    store.register(parsed)
    assert store.hash_rihs01(found["msgtype"]) == found["rihs01"]
    fields = [name for name, _ in parsed[found["msgtype"]][1]]
    assert fields == list(topic.type.get_fields_and_field_types())


def test_our_messages_keep_units_and_the_places_of_constants(types):
    text = types.of(topics.GATE_STATUS.type_name)["msgdef"]
    assert text.index("uint8 FAULT = 5") < text.index("uint8 state") < text.index("ACCEPTED = 0")
    score = types.of(topics.SCORE.type_name)["msgdef"]
    note = score.partition("MSG: pianomime_msgs/Note\n")[2]
    assert "# [s] time at which the key goes down" in note.partition("=====")[0]
