"""The controller without ROS, for `pianomime bench`."""

from my_controller.melody import plan_melody
from pianomime.evaluation.players import LEAD, Options, Player, of_plan
from pianomime.score.goals import KeyGoals
from pianomime.score.score import Score
from pianomime.simulation.simulation import PianoSimulation


def prepare(score: Score, goals: KeyGoals, simulation: PianoSimulation, _: Options) -> Player:
    """Plan the melody."""
    melody, plan = plan_melody(score, simulation.hands, LEAD)
    return of_plan(plan, melody, goals, simulation)
