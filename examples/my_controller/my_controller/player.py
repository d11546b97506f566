"""The controller without ROS, for `pianomime bench`."""

from my_controller.melody import plan_melody
from pianomime.evaluation.players import Options, Player, of_plan
from pianomime.score.score import Score
from pianomime.simulation.simulation import PianoSimulation


def prepare(score: Score, simulation: PianoSimulation, _: Options) -> Player:
    """Plan the melody."""
    melody, plan = plan_melody(score, simulation.hands, simulation.timing)
    return of_plan(plan, melody, simulation)
