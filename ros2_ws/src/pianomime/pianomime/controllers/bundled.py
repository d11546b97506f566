"""The project's own controllers."""

from typing import Final

from pianomime.controllers.controller import Controller, Preparation

BUNDLED: Final = (
    Controller(
        name="expert",
        description="Plans the whole song before it plays, or plays what `pianomime learn` learned",
        package="pianomime_control",
        executable="expert",
        config="pianomime_control.expert_config:ExpertConfig",
        listens=("pianomime_common.topics:SCORE",),
        files=("learned", "demo"),
        preparations=(
            Preparation(name="expert", function="pianomime.evaluation.players:expert"),
            Preparation(
                name="learned",
                function="pianomime.evaluation.players:learned",
                options=("rollouts",),
            ),
        ),
    ),
    Controller(
        name="planner",
        description="Plans a second ahead, while it plays",
        package="pianomime_control",
        executable="planner",
        config="pianomime_control.expert_config:PlannerConfig",
        preparations=(
            Preparation(name="planner", function="pianomime.evaluation.players:planner"),
        ),
    ),
    Controller(
        name="policy",
        description="Plans nothing: networks play that were trained on experts' performances",
        package="pianomime_policy",
        executable="policy",
        config="pianomime_policy.policy_config:PolicyConfig",
        listens=("pianomime_common.topics:PIANO_STATE",),
        files=("checkpoint",),
        preparations=(
            Preparation(
                name="policy",
                function="pianomime.evaluation.players:policy",
                options=("checkpoint",),
            ),
        ),
    ),
)
"""The rows, in the order in which they are listed."""
