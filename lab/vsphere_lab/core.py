# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated server: managed objects, their properties, and the one way to call a method."""

from __future__ import annotations

import collections
import contextlib
import contextvars
import dataclasses
import logging
import random
import threading
import typing as t
import uuid

from . import values
from .clock import Clock
from .kept import Kept
from .methods import find_method, method_info, needed_privileges, run
from .sdk import VmomiSupport, vim, vmodl

Any = t.Any
API_VERSION = "8.0.3.0"  # the newest that the lab speaks
LOG = logging.getLogger("vsphere_lab")
make, changed, revised = values.make, values.changed, values.revised


@dataclasses.dataclass
class Call:
    """One call of one method: who calls, what, with which arguments."""

    lab: Lab
    session: Any
    moid: str
    method: str
    arguments: dict[str, Any] = dataclasses.field(default_factory=dict)
    agent: str = ""
    version: str = ""  # the client's API version, pyVmomi's name of it
    chain: int | None = None  # events that happen in the course of this call share it
    due: list[Any] = dataclasses.field(default_factory=list)  # scripted faults that hit this call

    @property
    def user(self) -> str:
        """Return the caller's name, or the empty string before Login."""
        return self.session.user if self.session else ""

    def require(self, privilege_id: str, target: ManagedObject) -> None:
        """Raise NoPermission unless the caller has this privilege on the target."""
        self.lab.demand(self.session, target, privilege_id)


ACTING: contextvars.ContextVar[Call | None] = contextvars.ContextVar("acting", default=None)


@contextlib.contextmanager
def acting(call: Call) -> t.Iterator[None]:
    """Let everything that happens inside (events, tasks) happen in the name of this call."""
    token = ACTING.set(call)
    try:
        yield
    finally:
        ACTING.reset(token)


class ManagedObject:
    """An object of the server with its properties; a method is a Python method with the WSDL method's name."""

    wsdl: t.ClassVar[Any] = VmomiSupport.ManagedObject
    prefix: t.ClassVar[str] = "object"
    recorded: t.Mapping[str, Kept] = {}  # what a recording says of computed properties, see replay.py
    __slots__ = ("__dict__", "__weakref__", "_stamps", "fragments", "lab", "moid", "properties", "ref")

    def __init__(self, lab: Lab, moid: str | None = None, **properties: Any) -> None:
        self.lab = lab
        self.moid = moid or lab.new_moid(self.prefix)
        self.ref = self.wsdl(self.moid)
        self.properties = properties
        self._stamps: dict[str, int] = {}
        self.fragments: dict[Any, Any] = {}  # XML by path, see wire.fragment
        for name in properties:
            self._info(name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.moid} {self.properties.get('name', '')}>"

    def _info(self, name: str) -> Any:
        try:
            return self.wsdl._GetPropertyInfo(name)
        except AttributeError:
            raise invalid_property(name) from None

    def value(self, name: str) -> Any:
        """Return one top-level property: as recorded until it changes, else the lab's own."""
        kept = self.recorded.get(name)
        return self.lab_value(name) if kept is None else kept.shown(self.stamp(name), lambda: self.lab_value(name))

    def lab_value(self, name: str) -> Any:
        """Return one top-level property: computed by `get_<name>` if the class has it, else as stored."""
        computed = getattr(self, f"get_{name}", None)
        return computed() if computed is not None else self.properties.get(name)

    def resolve(self, path: str) -> tuple[Any, type]:
        """Return the value at a property path and its declared type."""
        steps = values.parse(path)
        info = self._info(steps[0].name)
        value = self.value(steps[0].name)
        if len(steps) == 1 and steps[0].key is None:
            return value, info.type
        return values.walk(value, info.type, steps, path)

    def get(self, path: str) -> Any:
        """Return the value at a property path; None if it is unset."""
        return self.resolve(path)[0]

    def set(self, **properties: Any) -> None:
        """Replace top-level properties and tell whoever waits for changes."""
        for name in properties:
            self._info(name)
        with self.lab.lock:
            self.properties.update(properties)
            self.touch(*properties)

    def revise(self, path: str, **changes: Any) -> None:
        """Replace fields of the data object at `path` by replacing the property that holds it."""
        name, _dot, rest = path.partition(".")
        self.set(**{name: revised(self.properties[name], rest, **changes)})

    def touch(self, *names: str) -> None:
        """Say that these properties have changed (needed only for computed ones)."""
        tick = self.lab.tick()
        for name in names:
            self._stamps[name] = tick
        self._stamps[""] = tick

    def stamp(self, name: str) -> t.Hashable:
        """Return what changes when the property changes; None for a computed one that must be read each time.

        A computed property may have a `stamp_<name>` method that returns a hashable made from what it depends on.
        """
        own = getattr(self, f"stamp_{name}", None)
        if own is not None:
            return t.cast(t.Hashable, own())
        if hasattr(type(self), f"get_{name}") and name not in self._stamps:
            return None
        return self._stamps.get(name, 0)

    def Fetch(self, call: Call, prop: str) -> Any:
        """Return one property, as pyVmomi reads an attribute."""
        from .reader import fetch  # it needs this module

        return fetch(self, call, prop)

    def entity(self) -> ManagedObject | None:
        """Return the inventory object whose permissions govern this one; None: any session may use it."""
        return self if issubclass(self.wsdl, vim.ManagedEntity) else None


class Lab:
    """A whole simulated vCenter or standalone ESXi."""

    def __init__(
        self,
        product: str = "vcenter",
        seed: int = 1,
        switches: t.Mapping[str, str] | None = None,
        version: str = "8.0.3",
        build: str = "24022515",
        api: str | None = None,
    ) -> None:
        self.product, self.version, self.build, self.api = product, version, build, api
        self.seed = seed
        self.switches: dict[str, str] = dict(switches or {})
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)  # notified at every change of any property
        self.ticks = 0
        self.notes: list[str] = []  # what had to be left out of a recording
        self.tasks_async = False
        self.task_delay = 0.0
        self.doors: dict[str, t.Callable[..., Any]] = {}
        self.play(lambda lab: None)

    @property
    def api_version(self) -> str:
        """Return the version that clients negotiate, such as 8.0.3.0 or 6.7: of the API, or else of the product."""
        for name in (self.api, f"{self.version}.0", self.version, self.version.removesuffix(".0")):
            if name and f"vim25/{name}" in VmomiSupport.versionMap:
                return name
        raise ValueError(f"pyVmomi knows no API of version {self.version}")

    def play(self, scenario: t.Callable[[Lab], None]) -> None:
        """Empty the server and let the scenario fill it."""
        from .faults import Script  # both need this module
        from .services import install

        with self.lock:
            self.scenario = scenario
            self.clock = Clock()
            self.random = random.Random(self.seed)
            self.objects: dict[str, ManagedObject] = {}
            self.kept_text = 0  # size of all XML that is kept, see wire.fragment
            self.kinds: dict[type, dict[str, ManagedObject]] = collections.defaultdict(dict)
            self.calls: list[tuple[str, str]] = []  # (method, moid) in order, for tests
            self.services: dict[str, ManagedObject] = {}  # by their name in ServiceContent
            self.content: Any = None
            self._numbers: collections.Counter[str] = collections.Counter()
            self.script = Script()  # scripted faults
            self.world: Any = None  # what the inventory knows beside its objects, see inventory.py
            install(self)
            scenario(self)

    def reset(self) -> None:
        """Play the scenario from its start again; whoever is logged in stays logged in."""
        with self.lock:
            sessions, ticking = self.service("sessionManager").sessions, self.clock.ticking
            self.play(self.scenario)
            if ticking:
                self.clock.tick()
            self.service("sessionManager").take_over(sessions)
            self.tick()

    # objects

    def new_moid(self, prefix: str) -> str:
        """Return the next unused id of this kind, such as vm-1001."""
        self._numbers[prefix] += 1
        return f"{prefix}-{1000 + self._numbers[prefix]}"

    def number(self, name: str) -> int:
        """Return 1, 2, 3 … for a counter of this name (event keys, task ids, config versions)."""
        self._numbers[name] += 1
        return self._numbers[name]

    def uuid(self) -> str:
        """Return the next UUID of the seeded sequence."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def add(self, obj: Any) -> Any:
        """Put an object on the server."""
        with self.lock:
            if obj.moid in self.objects:
                raise ValueError(f"two objects with the id {obj.moid}")
            self.objects[obj.moid] = obj
            for kind in type(obj).__mro__[:-1]:
                self.kinds[kind][obj.moid] = obj
            self.tick()
        return obj

    def remove(self, obj: ManagedObject) -> None:
        """Take an object off the server; later uses of its reference get ManagedObjectNotFound."""
        from .wire import forget  # it needs this module

        with self.lock:
            forget(obj)
            del self.objects[obj.moid]
            for kind in type(obj).__mro__[:-1]:
                self.kinds[kind].pop(obj.moid, None)
            self.tick()

    def get(self, target: Any) -> Any:
        """Return the object with this reference or id."""
        moid = target if isinstance(target, str) else target._moId
        try:
            return self.objects[moid]
        except KeyError:
            kind = type(target) if isinstance(target, VmomiSupport.ManagedObject) else VmomiSupport.ManagedObject
            raise not_found(kind(moid)) from None

    def all(self, kind: type) -> list[Any]:
        """Return all objects of a Python class, in the order in which they were added."""
        return list(self.kinds.get(kind, {}).values())

    def publish(self, name: str, obj: ManagedObject) -> ManagedObject:
        """Put a service on the server and name it in ServiceContent (rootFolder, dvSwitchManager …)."""
        if obj.moid not in self.objects:
            self.add(obj)
        self.services[name] = obj
        self.content = changed(self.content, **{name: obj.ref})
        return obj

    def service(self, name: str) -> Any:
        """Return a service by its name in ServiceContent."""
        return self.services[name]

    def tick(self) -> int:
        """Count a change and wake whoever waits for one."""
        with self.lock:
            self.ticks += 1
            self.changed.notify_all()
            return self.ticks

    # calls

    def demand(self, session: Any, target: ManagedObject, *privileges: str) -> None:
        """Raise NoPermission unless the session's user has these privileges on the target."""
        authorization = self.services.get("authorizationManager")
        if authorization is None or session is None:
            return
        for name in privileges:
            entity = target.entity() or self.services.get("rootFolder")
            if entity is None or (name.startswith("System.") and target.entity() is None):
                continue
            if not authorization.allows(session.user, entity, name):  # type: ignore[attr-defined]
                raise no_permission(entity, name)

    def invoke(self, session: Any, moid: str, wsdl_name: str, arguments: dict[str, Any]) -> Any:
        """Call a method as a client does: scripted faults, session, privileges, then the method."""
        return self.perform(Call(self, session, moid, wsdl_name, arguments))

    def perform(self, call: Call) -> Any:
        """Carry out a call; afterwards `call.session` is the session it opened, if it was a login."""
        with self.lock:
            self.calls.append((call.method, call.moid))
            call.due = self.script.due(call)
        for rule in call.due:
            rule.before(call)
        result = self._dispatch(call)
        for rule in call.due:
            rule.after(call, result)
        return result

    def _dispatch(self, call: Call) -> Any:
        with acting(call), self.lock:
            target = self._admit(call)
            method = find_method(target, call.method)
            self.demand(call.session, target, *needed_privileges(call.method, method))
            return run(method, call, list(call.arguments.values()))

    def _admit(self, call: Call) -> ManagedObject:
        target = self.objects.get(call.moid)
        sessions = self.services.get("sessionManager")
        if sessions is not None and not is_anonymous(call, target):
            sessions.check(call.session)  # type: ignore[attr-defined]
        if target is None:
            raise not_found(method_info(call.method).type(call.moid))
        return target

    def post_event(self, event: Any) -> Any:
        """Add an event to the history: key, chainId, createdTime, userName and message are filled in."""
        manager = self.services.get("eventManager")
        return manager.post(event) if manager is not None else event  # type: ignore[attr-defined]

    def door(self, action: str, **arguments: Any) -> Any:
        """Use the side door: what tests and the demo may do that no vSphere API offers."""
        if action not in self.doors:
            raise KeyError(f"no side-door action {action!r}; there are: {', '.join(sorted(self.doors))}")
        with self.lock:
            return self.doors[action](self, **arguments)

    def connect(self, user: str = "administrator@vsphere.local", password: str = "VMware1!") -> Any:
        """Return an in-process vim.ServiceInstance, logged in; the caller never holds the lab's own objects."""
        from .stub import connect  # it needs this module

        return connect(self, user, password)


def is_anonymous(call: Call, target: ManagedObject | None) -> bool:
    """Tell whether the call needs no session: by the metadata, or a read of such a property."""
    if call.method == "Fetch" and target is not None:
        name = values.parse(str(next(iter(call.arguments.values()))))[0].name
        return bool(target._info(name).privId == "System.Anonymous")
    return bool(method_info(call.method).privId == "System.Anonymous")


def not_found(ref: Any) -> Exception:
    """Return the fault for a reference that leads nowhere (any more)."""
    text = f"The object '{type(ref).__name__}:{ref._moId}' has already been deleted or has not been completely created"
    return t.cast("Exception", vmodl.fault.ManagedObjectNotFound(obj=ref, msg=text))


def no_permission(target: ManagedObject, privilege_id: str) -> Exception:
    """Return the fault for a missing privilege on an object."""
    fault = vim.fault.NoPermission(
        object=target.ref, privilegeId=privilege_id, msg="Permission to perform this operation was denied."
    )
    return t.cast(Exception, fault)


def not_authenticated(target: ManagedObject, privilege_id: str = "System.View") -> Exception:
    """Return the fault for a call that needs a session and has none."""
    fault = vim.fault.NotAuthenticated(
        object=target.ref, privilegeId=privilege_id, msg="The session is not authenticated."
    )
    return t.cast(Exception, fault)


def invalid_property(name: str) -> Exception:
    """Return the fault for a property that the type does not have."""
    return t.cast(Exception, vmodl.query.InvalidProperty(name=name, msg=f"The property '{name}' is not valid"))
