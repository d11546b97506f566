"""Base class of all nodes: lifecycle, topics, services and diagnostics."""

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
    """Base class of the lifecycle nodes.

    Subclasses override `configure` (load resources, advertise), `activate` (subscribe, start
    timers), `deactivate` (undo `activate`) and `release` (undo `configure`). Whatever `advertise`,
    `listen`, `every` and `serve` create is destroyed automatically.

    At shutdown all nodes of the graph are signalled at the same time. `may_leave` orders their exit
    along the flow of data: the gate lifts the hands first, the simulation stays while the gate
    publishes commands, and the recorder stays until no node publishes joint states.

    Attributes:
        config: Validated parameters.
        diagnostics: Publisher of the node's diagnostics.
        is_active: Whether the node is in the lifecycle state active.
        is_alive: Whether the node has not been shut down.
    """

    def __init__(self, name: str, config_type: type[Config], **options: Any) -> None:
        """Declare the parameters; `options` are passed to rclpy's node.

        Raises:
            ConfigError: A parameter is out of range or does not exist.
        """
        super().__init__(name, **options)
        self.is_active = False
        self.is_alive = True
        self.diagnostics = Diagnostics(self)
        self.config: Any = declare(self, config_type, self._on_new_config)
        self._publishers_made: list[LifecyclePublisher] = []
        self._while_active: list[Callable[[], object]] = []  # undo what `activate` created
        self._problem: PianoMimeError | None = None
        self._report_state("unconfigured")

    # Overridden by subclasses.

    def configure(self) -> None:
        """Load resources and advertise; after a PianoMimeError the node stays unconfigured."""

    def activate(self) -> None:
        """Subscribe and start timers."""

    def deactivate(self) -> None:
        """Undo `activate`."""

    def release(self) -> None:
        """Free the resources of `configure`."""

    def why_not_deactivate(self) -> str:
        """Return the reason against deactivation; empty if it is safe."""
        return ""

    def reconfigured(self) -> None:
        """Apply new values of `config`."""

    def begin_leaving(self) -> None:
        """Start the work that must be finished before the process ends."""

    def may_leave(self) -> bool:
        """Return whether the process may end."""
        return True

    # Used by subclasses.

    def advertise(self, topic: Topic) -> LifecyclePublisher:
        """Create a publisher of `topic`; it publishes only while the node is active."""
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
        """Return the positions of `names`, (n,) [rad, m]; None, and a problem, if invalid."""
        try:
            position = conversions.joint_positions(message, names)
        except (KeyError, ValueError) as error:
            self.diagnostics.problem("joint_states", f"do not match these hands ({error}); ignored")
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
            topic: Topic to subscribe to.
            callback: Receives the message; serialised bytes with `everything`.
            everything: Subscribe with the recorder's deep queue, without deserialisation.
            on_lost: Called when the middleware has lost messages.

        Returns:
            A function that ends the subscription early.
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
        """Call `callback` every `period_s` [s] of a steady clock while the node is active."""
        timer = self.create_timer(period_s, callback, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._while_active.append(lambda: self.destroy_timer(timer))
        return timer

    def serve(self, service_type: Any, name: str, answer: Callable[..., str]) -> None:
        """Offer a service with response fields `success` and `message` while the node is active.

        Args:
            service_type: Service class, for example Trigger.
            name: Name of the service.
            answer: Handler; returns the reason of a failure, or an empty string. Receives the
                request if that has fields.
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
        """Return the nodes that publish a topic, given by full name; may contain duplicates."""
        return sorted(i.node_name for i in self.get_publishers_info_by_topic(topic_name))

    def now_s(self) -> float:
        """Return ROS time [s]."""
        return float(self.get_clock().now().nanoseconds * 1e-9)

    # The lifecycle.

    def start(self) -> None:
        """Configure and activate.

        Raises:
            PianoMimeError: The node's input is invalid.
        """
        if self.trigger_configure() is Return.SUCCESS:
            self.trigger_activate()
        if self._problem is not None:
            raise self._problem
        if not self.is_active:
            raise PianoMimeError(f"{self.get_name()} could not start; see above")

    def on_configure(self, state: LifecycleState) -> Return:
        """Run `configure`."""
        self._problem = None
        result = self._try(self.configure)
        if result is not Return.SUCCESS:
            self._become_unconfigured()
            return result
        self._report_state("inactive")
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> Return:
        """Run `activate`."""
        super().on_activate(state)  # first, so that `activate` can publish
        result = self._try(self.activate)
        if result is not Return.SUCCESS:
            self._become_inactive()
            super().on_deactivate(state)
            return result
        self.is_active = True
        self._report_state("active")
        return result

    def on_deactivate(self, state: LifecycleState) -> Return:
        """Run `deactivate`, unless `why_not_deactivate` has a reason against it."""
        why_not = self.why_not_deactivate()
        if why_not:
            self.get_logger().warning(f"not deactivated: {why_not}")
            return Return.FAILURE
        self._become_inactive()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> Return:
        """Run `release`."""
        self._become_unconfigured()
        return Return.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> Return:
        """Run `deactivate` and `release`, from any state."""
        self.is_alive = False
        self._become_inactive()
        self._become_unconfigured()
        return Return.SUCCESS

    def on_error(self, state: LifecycleState) -> Return:
        """Clean up after an exception, so that the node can be configured again."""
        self._become_inactive()
        self._become_unconfigured()
        return Return.SUCCESS

    def _try(self, step: Callable[[], None]) -> Return:
        try:
            step()
        except PianoMimeError as error:
            self._problem = error
            if not self.config.autostart:  # otherwise the process ends with this message
                self.get_logger().error(str(error))
            return Return.FAILURE
        except Exception:  # rclpy would swallow the traceback
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
