"""The SROS 2 policy, by ROS 2's own security tools, where those are installed."""

import re

import pytest

from pianomime_bringup.pianist import PianistConfig
from pianomime_cli.security import policy


def test_the_security_tools_let_the_gate_alone_command_the_hands(tmp_path):
    pytest.importorskip("sros2", reason="sros2 is not installed (PyPI has none)")
    from sros2.keystore import _enclave, _keystore, _permission
    from sros2.policy import load_policy

    path = tmp_path / "policy.xml"
    path.write_text(policy(PianistConfig(record="bag", standby="policy", view=True)))
    names = [enclave.get("path") for enclave in load_policy(path).findall(".//enclave")]
    keys = tmp_path / "keys"
    _keystore.create_keystore(keys)
    may = []
    for name in names:
        _enclave.create_enclave(keys, name)
        _permission.create_permission(keys, name, path)
        text = (keys / "enclaves" / name.strip("/") / "permissions.xml").read_text()
        published = " ".join(re.findall(r"<publish>(.*?)</publish>", text, re.DOTALL))
        if "_controller/joint_trajectory" in published:
            may.append(name)
    assert len(names) == 8
    assert may == ["/gate"]
