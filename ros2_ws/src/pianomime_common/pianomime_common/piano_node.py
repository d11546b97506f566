"""What all our nodes are: lifecycle nodes that know their topics and tell how they are."""

import traceback
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from rclpy.clock import Clock, ClockType
from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.lifecycle import LifecycleNode, LifecyclePublisher, LifecycleState
from rclpy.lifecycle import TransitionCallbackReturn as Return
from rclpy.qos import qos_policy_name_from_kind
from rclpy.timer import Timer
from sensor_msgs.msg import JointState

from pianomime.config import Config
from pianomime.errors import PianoMimeError
from pianomime_common import conversions
from pianomime_common.diagnostics import Diagnostics
from pianomime_common.parameters import declare
from pianomime_common.topics import Topic


class PianoNode(LifecycleNode):
    """A lifecycle node; subclasses say what is done in each transition, and in plain Python.

    `configure` loads what is needed and advertises, `activate` starts to listen, `deactivate`
    puts an end to what `activate` began, `release` to what `configure` began. What was made by
    `advertise`, `listen`, `every` and `serve` goes by itself.

    When the process is to end, every node of the graph is told at once. The order in which they
    leave follows the flow of data: the gate lifts the hands, the simulation stays while anybody
    commands it, the recorder while there is anything to record.

    Attributes:
        config: The parameters, checked.
        diagnostics: What /diagnostics is told.
        is_active: Whether the node is at work.
        is_alive: Whether it has not been shut down.
    """

    def __init__(self, name: str, config_type: type[Config], **options: Any) -> None:
        """Declare the parameters; `options` are rclpy's for a node.

        Raises:
            ConfigError: One is out of range, or does not exist.
        """
        super().__init__(name, **options)
        self.is_active = False
        self.is_alive = True
        self.diagnostics = Diagnostics(self)
        self.config: Any = declare(self, config_type, self._on_new_config)
        self._publishers_made: list[LifecyclePublisher] = []
        self._while_active: list[Callable[[], object]] = []  # how to end what activate made
        self._problem: PianoMimeError | None = None
        self._report_state("unconfigured")

    # For subclasses to say.

    def configure(self) -> None:
        """Load what is needed; a PianoMimeError leaves the node unconfigured."""

    def activate(self) -> None:
        """Start to work."""

    def deactivate(self) -> None:
        """Stop."""

    def release(self) -> None:
        """Let go of what `configure` loaded."""

    def why_not_deactivate(self) -> str:
        """Return why the node cannot stop now; nothing if it can."""
        return ""

    def reconfigured(self) -> None:
        """Take new values in `config`."""

    def begin_leaving(self) -> None:
        """Start whatever has to be done before the process ends."""

    def may_leave(self) -> bool:
        """Return whether that is done."""
        return True

    # For subclasses to use.

    def advertise(self, topic: Topic) -> LifecyclePublisher:
        """Return a publisher of `topic`, silent unless the node is active."""
        publisher: LifecyclePublisher = self.create_lifecycle_publisher(
            topic.type,
            topic.name,
            topic.qos,
            event_callbacks=PublisherEventCallbacks(
                incompatible_qos=lambda event: self._on_qos_mismatch(topic, event)
            ),
        )
        self._publishers_made.append(publisher)
        return publisher

    def joints_in(self, message: JointState, names: Sequence[str]) -> np.ndarray | None:
        """Return the positions of `names` (n,) [rad, m]; None, and a problem, if they are not."""
        try:
            position = conversions.joint_positions(message, names)
        except (KeyError, ValueError) as error:
            self.diagnostics.problem("joint_states", f"not of these hands ({error}); ignored")
            return None
        if not np.isfinite(position).all():
            self.diagnostics.problem("joint_states", "not finite; ignored")
            return None
        self.diagnostics.solved("joint_states")
        return position

    def listen(
        self,
        topic: Topic,
        callback: Callable[[Any], None],
        *,
        everything: bool = False,
        on_lost: Callable[[Any], None] | None = None,
    ) -> Callable[[], None]:
        """Call `callback` with each message of `topic` for as long as the node is active.

        Args:
            topic: What to listen to.
            callback: Takes the message; as bytes, if it is to have everything.
            everything: Miss nothing, be it late, and do not deserialise it.
            on_lost: Called when the middleware has lost messages.

        Returns:
            A function that ends it before.
        """

        def counted(message: Any) -> None:
            self.diagnostics.received(topic.name)
            callback(message)

        subscription = self.create_subscription(
            topic.type,
            topic.name,
            counted,
            topic.recorder_qos if everything else topic.reader_qos,
            raw=everything,
            event_callbacks=SubscriptionEventCallbacks(
                incompatible_qos=lambda event: self._on_qos_mismatch(topic, event),
                message_lost=on_lost,
            ),
        )

        def end() -> None:
            self._while_active.remove(end)
            self.destroy_subscription(subscription)

        self._while_active.append(end)
        return end

    def every(self, period_s: float, callback: Callable[[], None]) -> Timer:
        """Call `callback` by a steady clock for as long as the node is active."""
        timer = self.create_timer(period_s, callback, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._while_active.append(lambda: self.destroy_timer(timer))
        return timer

    def serve(self, service_type: Any, name: str, answer: Callable[..., str]) -> None:
        """Offer a service with `success` and `message` for as long as the node is active.

        Args:
            service_type: For example Trigger.
            name: Of the service.
            answer: Does it and returns why not, or nothing; gets the request if there is any in it.
        """
        has_request = bool(service_type.Request.get_fields_and_field_types())

        def reply(request: Any, response: Any) -> Any:
            response.message = answer(request) if has_request else answer()
            response.success = not response.message
            return response

        service = self.create_service(service_type, name, reply)
        self._while_active.append(lambda: self.destroy_service(service))

    def is_published(self, topic: Topic) -> bool:
        """Return whether any node still publishes `topic`."""
        return self.count_publishers(topic.name) > 0

    def publishers_of(self, topic_name: str) -> list[str]:
        """Return the names of the nodes that publish a topic, by its full name; twice, if two."""
        return sorted(i.node_name for i in self.get_publishers_info_by_topic(topic_name))

    def now_s(self) -> float:
        """Return ROS time [s]."""
        return float(self.get_clock().now().nanoseconds * 1e-9)

    # The lifecycle.

    def start(self) -> None:
        """Configure and activate.

        Raises:
            PianoMimeError: What it was given is no good.
        """
        if self.trigger_configure() is Return.SUCCESS:
            self.trigger_activate()
        if self._problem is not None:
            raise self._problem
        if not self.is_active:
            raise PianoMimeError(f"{self.get_name()} could not start; see above")

    def on_configure(self, state: LifecycleState) -> Return:
        """Load what is needed."""
        self._problem = None
        result = self._try(self.configure)
        if result is not Return.SUCCESS:
            self._become_unconfigured()
            return result
        self._report_state("inactive")
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> Return:
        """Start to work."""
        super().on_activate(state)  # first, so that what `activate` publishes is heard
        result = self._try(self.activate)
        if result is not Return.SUCCESS:
            self._become_inactive()
            super().on_deactivate(state)
            return result
        self.is_active = True
        self._report_state("active")
        return result

    def on_deactivate(self, state: LifecycleState) -> Return:
        """Stop, unless that is not safe."""
        why_not = self.why_not_deactivate()
        if why_not:
            self.get_logger().warning(f"not deactivated: {why_not}")
            return Return.FAILURE
        self._become_inactive()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> Return:
        """Let go of everything."""
        self._become_unconfigured()
        return Return.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> Return:
        """Stop and let go, from wherever."""
        self.is_alive = False
        self._become_inactive()
        self._become_unconfigured()
        return Return.SUCCESS

    def on_error(self, state: LifecycleState) -> Return:
        """Let go after an exception: the node can be configured anew."""
        self._become_inactive()
        self._become_unconfigured()
        return Return.SUCCESS

    def _try(self, step: Callable[[], None]) -> Return:
        try:
            step()
        except PianoMimeError as error:
            self._problem = error
            if not self.config.autostart:  # else the process ends with that line
                self.get_logger().error(str(error))
            return Return.FAILURE
        except Exception:  # rclpy would swallow it
            self.get_logger().error(traceback.format_exc())
            return Return.ERROR
        return Return.SUCCESS

    def _become_inactive(self) -> None:
        if self.is_active:
            self._try(self.deactivate)
        self.is_active = False
        for end in list(self._while_active):
            end()
        self._while_active.clear()
        self._report_state("inactive")

    def _become_unconfigured(self) -> None:
        self.release()
        for publisher in self._publishers_made:
            self.destroy_lifecycle_publisher(publisher)
        self._publishers_made.clear()
        self._report_state("unconfigured")

    def _report_state(self, label: str) -> None:
        self.diagnostics.set_status("lifecycle", label)

    def _on_new_config(self, config: Config) -> None:
        self.config = config
        if self.is_active:
            self.reconfigured()

    def _on_qos_mismatch(self, topic: Topic, event: Any) -> None:
        policy = qos_policy_name_from_kind(event.last_policy_kind)
        self.diagnostics.problem(
            topic.name, f"another node's quality of service does not fit ({policy})"
        )
