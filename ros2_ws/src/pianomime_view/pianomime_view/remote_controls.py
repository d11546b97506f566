"""Requests to other nodes from the live view's buttons."""

from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from action_msgs.msg import GoalStatus
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.action import ActionClient
from rclpy.action.client import ClientGoalHandle
from rclpy.client import Client
from rclpy.node import Node
from rclpy.task import Future
from std_srvs.srv import SetBool, Trigger

from pianomime_msgs.action import PlayScore
from pianomime_msgs.srv import StepSimulation


class RemoteControls:
    """Queue of requests from the web server's threads, executed in the node's thread."""

    def __init__(self, node: Node) -> None:
        """Create the clients of `node`."""
        self._node = node
        self._asked: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._pause = node.create_client(SetBool, "sim/set_pause")
        self._step = node.create_client(StepSimulation, "sim/step_simulation")
        self._owner = node.create_client(SetParametersAtomically, "gate/set_parameters_atomically")
        self._reset = node.create_client(Trigger, "gate/reset")
        self._arm = node.create_client(Trigger, "gate/arm")
        self._play = ActionClient(node, PlayScore, "play_score")
        self._playing: ClientGoalHandle | None = None
        self._next: str | None = None  # song to start once the current one has ended

    def close(self) -> None:
        """Destroy the clients."""
        for client in (self._pause, self._step, self._owner, self._reset, self._arm):
            self._node.destroy_client(client)
        self._play.destroy()

    def forget(self) -> None:
        """Discard queued requests."""
        self._asked = SimpleQueue()

    def carry_out(self) -> None:
        """Execute the queued requests."""
        try:
            while True:
                self._asked.get_nowait()()
        except Empty:
            pass

    def set_pause(self, paused: bool) -> None:
        """Pause or resume the simulation."""
        self._ask(self._pause, SetBool.Request(data=paused))

    def step(self) -> None:
        """Advance a paused simulation by one decision."""
        self._ask(self._step, StepSimulation.Request(steps=1))

    def hand_over(self, controller: str) -> None:
        """Make another controller the gate's owner."""
        value = ParameterValue(type=ParameterType.PARAMETER_STRING, string_value=controller)
        request = SetParametersAtomically.Request(parameters=[Parameter(name="owner", value=value)])
        self._ask(self._owner, request)

    def arm(self) -> None:
        """Reset the gate (rejected unless it is in FAULT), then arm it."""
        arm = partial(self._ask, self._arm, Trigger.Request())
        self._ask(self._reset, Trigger.Request(), then=arm)

    def play(self, song: str) -> None:
        """Start a song, or repeat the last one if `song` is empty; cancels one started here."""
        self._asked.put(lambda: self._begin(song))

    def _begin(self, song: str) -> None:
        if self._playing is None:
            self._send(song)
        else:
            self._next = song
            self._playing.cancel_goal_async().add_done_callback(self._on_cancelled)

    def _send(self, song: str) -> None:
        if self._play.server_is_ready():
            asked = self._play.send_goal_async(PlayScore.Goal(song=song))
            asked.add_done_callback(self._on_answer)
        else:
            self._node.get_logger().warning("play_score is not available")

    def _on_answer(self, answer: Future) -> None:
        handle: ClientGoalHandle = answer.result()
        if handle.accepted:
            self._playing = handle
            handle.get_result_async().add_done_callback(self._on_end)
        else:
            self._node.get_logger().warning("play_score rejected the song; another one is playing")

    def _on_cancelled(self, answer: Future) -> None:
        if not answer.result().goals_canceling:  # the goals node has restarted in the meantime
            self._end()

    def _on_end(self, answer: Future) -> None:
        if answer.result().status == GoalStatus.STATUS_ABORTED:
            self._node.get_logger().warning(answer.result().result.message)
        self._end()

    def _end(self) -> None:
        self._playing = None
        song, self._next = self._next, None
        if song is not None:
            self._send(song)

    def _ask(self, client: Client, request: Any, then: Callable[[], None] = lambda: None) -> None:
        def answered(answer: Future) -> None:
            reply = answer.result()
            why = reply.result.reason if hasattr(reply, "result") else reply.message
            if why:
                self._node.get_logger().warning(f"{client.srv_name}: {why}")
            then()

        def ask() -> None:
            if client.service_is_ready():
                client.call_async(request).add_done_callback(answered)
            else:
                self._node.get_logger().warning(f"{client.srv_name} is not available")

        self._asked.put(ask)
