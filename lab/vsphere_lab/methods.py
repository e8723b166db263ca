# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Methods: what pyVmomi's metadata says of them, and the Python methods that carry them out."""

from __future__ import annotations

import inspect
import typing as t

from .sdk import VmomiSupport, vmodl

Any = t.Any
Method = t.TypeVar("Method", bound=t.Callable[..., Any])
NAMESPACE = "urn:vim25"


def privilege(*names: str) -> t.Callable[[Method], Method]:
    """Declare the privileges a caller needs on the object, where pyVmomi's metadata names none (it names most)."""

    def mark(method: Method) -> Method:
        method.privileges = names  # type: ignore[attr-defined]
        return method

    return mark


_FETCH = VmomiSupport.Object(
    name="Fetch",
    wsdlName="Fetch",
    type=VmomiSupport.ManagedObject,
    version=VmomiSupport.BASE_VERSION,
    params=(VmomiSupport.Object(name="prop", type=str, version=VmomiSupport.BASE_VERSION, flags=0),),
    isTask=False,
    resultFlags=VmomiSupport.F_OPTIONAL,
    result=object,
    privId=None,
)


def method_info(name: str) -> Any:
    """Return pyVmomi's metadata of a WSDL method; Fetch, which reads one property, is not in it."""
    if name == "Fetch":
        return _FETCH
    try:
        return VmomiSupport.GetWsdlMethod(NAMESPACE, name).info
    except KeyError:
        raise vmodl.fault.InvalidRequest(msg=f"Unable to resolve WSDL method name '{name}'") from None


def needed_privileges(name: str, method: t.Any) -> tuple[str, ...]:
    """Return what a caller needs: as declared on the lab's method, else as in pyVmomi's metadata."""
    declared: tuple[str, ...] | None = getattr(method, "privileges", None)
    if declared is not None:
        return declared
    named = method_info(name).privId
    return () if named == "System.Anonymous" else (named or "System.View",)


def find_method(target: Any, name: str) -> t.Callable[..., Any]:
    """Return the Python method for a WSDL method of the object's type, else MethodNotFound."""
    method = getattr(target, name, None)
    if method is None or name.startswith("_"):
        text = f"The lab does not offer {target.wsdl._wsdlName}.{name}"
        raise vmodl.fault.MethodNotFound(receiver=target.ref, method=name, msg=text)
    return t.cast(t.Callable[..., Any], method)


_TAKES: dict[Any, int] = {}


def _takes(method: Any) -> int:
    function = inspect.unwrap(method.__func__)
    if function not in _TAKES:
        _TAKES[function] = len(inspect.signature(function).parameters) - 2  # without self and call
    return _TAKES[function]


def run(method: t.Callable[..., Any], call: Any, arguments: list[Any]) -> Any:
    """Call with as many arguments as the method takes: newer pyVmomi adds optional parameters."""
    return method(call, *arguments[: _takes(method)])
