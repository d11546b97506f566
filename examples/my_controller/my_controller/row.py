"""The row of the table of controllers, which the entry point in setup.py leads to."""

from typing import Final

from pianomime.controllers.controller import Controller, Preparation

ROW: Final = Controller(
    name="my_controller",
    description="Plays the melody with the right index finger",
    package="my_controller",
    executable="my_controller",
    config="my_controller.config:MyControllerConfig",
    listens=("pianomime_common.topics:SCORE",),
    preparations=(Preparation(name="my_controller", function="my_controller.player:prepare"),),
)
