# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a recording fit to be given away: `python -m vsphere_lab.anonymise SRC DST`.

Only what is known to be harmless stays: numbers, times, words of the API itself, and fields that no user writes.
Everything else gets a pseudonym, always the same for the same text; what may carry secrets is left out.
"""

from __future__ import annotations

import pathlib
import re
import sys
import typing as t
import urllib.parse
import xml.etree.ElementTree as ET

from .pseudonyms import Pseudonyms
from .schema import ScenarioError
from .sdk import VmomiSupport
from .xml_values import XSI_TYPE

ET.register_namespace("xsi", VmomiSupport.XMLNS_XSI)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Of these the lab makes objects; what else a server has (sessions, licences, extensions …) is not needed.
_KINDS = _words(
    "ServiceInstance Folder Datacenter ComputeResource ClusterComputeResource HostSystem HostNetworkSystem ResourcePool"
    " VirtualApp Datastore Network OpaqueNetwork DistributedVirtualSwitch VmwareDistributedVirtualSwitch"
    " DistributedVirtualPortgroup VirtualMachine OptionManager StoragePod"
)
_PROPERTIES_LEFT_OUT = _words(
    "value customValue availableField permission effectiveRole declaredAlarmState triggeredAlarmState recentTask"
    " configIssue licensableResource layout layoutEx storage supportedOption"
)
_LEFT_OUT = _words(
    "vAppConfig certificate sslThumbprint thumbprint licenseKey otherIdentifyingInfo serialNumber systemResources"
    " storageDevice multipathState fileSystemVolume authenticationManagerInfo healthRuntime firewall service ipmi"
    " virtualMachineReservation datastorePrincipal activeDiagnosticPartition keyId ipmiIp dynamicProperty"
    " cipherSuite managementServerIp serverGuid"
)
_OPTIONS_KEPT = re.compile(
    r"^(instance\.id|(event|task)\.maxAge.*|Net\..*|ethernet\d+\.checkMACAddress)$", re.IGNORECASE
)
_WHOLE = frozenset(("about", "product", "productInfo"))  # who made the server, not whose it is
_KEPT = _words(
    "apiVersion version versionKey build guestId guestFullName extensionKey label capability netStackInstanceKey"
    " policy backingType hwVersion toolsVersion networkResourceControlVersion lacpApiVersion multicastFilteringMode"
    " statusDetail subnetMask nicTeamingPolicy driver cpuModel model vendor changeVersion"
)
_NAMES = _words(
    "name deviceName network portgroup portgroupName vswitch vswitchName hostName switchName dvsName annotation"
    " description domainName userName"
)
_GENERIC = re.compile(
    r"^(vmnic\d+|vmk\d+|vSwitch\d+|VM Network|Management Network|Datacenters|vm|host|datastore|network|Resources"
    r"|(dv)?portgroup-\d+|ha-[a-z-]+)$"
)
_HARMLESS = re.compile(r"^(true|false|-?\d+(\.\d+)?|-?\d{4,}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d))$", re.IGNORECASE)
_REFERENCE = re.compile(r"^[A-Za-z]+(-[a-z]?\d+)?$|^ha-[a-z-]+$|^[A-Za-z]+-ha-[a-z-]+$")
_ADDRESS = re.compile(r"^[0-9A-Fa-f:. -]+$")
_KEYS = _words("key portgroupKey portKey uplinkPortKey")
_PLAIN_KEY = re.compile(r"^([A-Za-z]+-\d+|SYSTEM/.*|instance\.id|(event|task)\..*|Net\..*|ethernet\d+\..*)$")
_API_WORDS = frozenset(
    word for definition in VmomiSupport._enumDefMap.values() for word in definition[3]
) | {name for _namespace, name in (*VmomiSupport._wsdlDefMap, *VmomiSupport._wsdlMethodMap)}  # fmt: skip


class Anonymiser:
    """Rewrites the files of one recording."""

    def __init__(self, source: pathlib.Path) -> None:
        self.files = sorted(source.rglob("*.xml"))
        if not (source.is_dir() and self.files):
            raise ScenarioError(
                f"{source}: no recording: a directory with the XML files of `govc object.save` is needed"
            )
        self.source = source
        self.names = Pseudonyms("\n".join(file.read_text(encoding="utf-8") for file in self.files))

    def write(self, target: pathlib.Path) -> int:
        """Write the anonymised recording; return the number of files."""
        if target.exists() and any(target.iterdir()):
            raise ScenarioError(f"{target} is not empty: what was there would be mixed with this recording")
        written = 0
        for file in self.files:
            tree = ET.parse(file)
            root, name = tree.getroot(), self._file_name(file, tree.getroot())
            if name is None:
                continue
            if root.tag == "ObjectContent":
                self._properties(root)
                _obj(root).text = self._reference(_obj(root).text or "")
            else:
                self._element(root)
            place = target / name
            place.parent.mkdir(parents=True, exist_ok=True)
            tree.write(place, encoding="utf-8")
            written += 1
        return written

    def _file_name(self, file: pathlib.Path, root: ET.Element) -> pathlib.Path | None:
        """Return where the file goes, with the object's new id; none for what is left out."""
        relative = file.relative_to(self.source)
        if root.tag == "ObjectContent":
            where = root.find("obj")
            kind = where.get("type") if where is not None else None
            if where is None or kind not in _KINDS:
                return None
            number = relative.name.partition("-")[0]
            return pathlib.Path(f"{number}-{kind}-{urllib.parse.quote_plus(self._reference(where.text or ''))}.xml")
        kind, _dash, moid = relative.parent.name.partition("-")
        if kind not in _KINDS or relative.name not in ("FetchDVPorts.xml", "QueryNetworkHint.xml"):
            return None
        moid = self._reference(urllib.parse.unquote_plus(moid))
        return pathlib.Path(f"{kind}-{urllib.parse.quote_plus(moid)}") / relative.name

    # elements

    def _properties(self, root: ET.Element) -> None:
        for item in [item for item in root if item.tag == "propSet"]:
            name, value = item.findtext("name") or "", item.find("val")
            if name in _PROPERTIES_LEFT_OUT or value is None:
                root.remove(item)
            elif len(value) or value.get("type"):
                self._element(value)
            else:
                value.text = self._text(value.text or "", name)

    def _element(self, node: ET.Element) -> None:
        for child in list(node):
            if _is_left_out(child):
                node.remove(child)
            elif child.tag in _WHOLE:
                self._whole(child)
            else:
                self._element(child)
        if len(node) == 0 and node.text and node.text.strip():
            node.text = self._reference(node.text) if node.get("type") else self._text(node.text, node.tag)

    def _whole(self, node: ET.Element) -> None:
        for child in node:
            if child.tag == "instanceUuid":
                child.text = self.names.addresses(child.text or "")

    # texts

    def _reference(self, moid: str) -> str:
        if _REFERENCE.match(moid):
            return moid
        start, dash, rest = moid.partition("-")
        if start == "HaNetwork":
            return f"{start}{dash}{self._text(rest, 'name')}"
        changed = self.names.addresses(moid)
        return changed if changed != moid else self.names.word(moid, "object")

    def _text(self, text: str, tag: str) -> str:
        """Return what stands there instead of this text, which may be the same."""
        if not text.strip() or _GENERIC.match(text):
            return text
        if tag not in _NAMES and (_HARMLESS.match(text) or text in _API_WORDS):
            return text
        if tag in _KEPT or (tag in _KEYS and _PLAIN_KEY.match(text)):
            return text
        for pattern, parts in _COMPOSED.items():
            match = pattern.match(text)
            if match:
                return parts(self, match)
        replaced = self.names.addresses(text)
        return replaced if replaced != text and _ADDRESS.match(text) else self.names.word(text, tag)

    def key(self, match: re.Match[str]) -> str:
        """Rewrite `key-vim.host.PortGroup-NAME`."""
        return match[1] + (match[2] if match[2].isdigit() else self._text(match[2], "name"))

    def link_peer(self, match: re.Match[str]) -> str:
        """Rewrite `VM.eth0`."""
        return self._text(match[1], "name") + match[2]

    def in_datastore(self, match: re.Match[str]) -> str:
        """Rewrite `[DATASTORE] FILE.vmdk`."""
        rest = self.names.word(match[2], "file") if match[2] else ""
        return f"[{self._text(match[1], 'name')}] {rest}{match[3] or ''}"


# Texts that are made of a name and something that must stay.
_COMPOSED: dict[re.Pattern[str], t.Callable[[Anonymiser, re.Match[str]], str]] = {
    re.compile(r"^(key-vim\.[\w.]+-)(.+)$"): Anonymiser.key,
    re.compile(r"^(.*)(\.eth\d+)$"): Anonymiser.link_peer,
    re.compile(r"^\[([^\]]*)\]\s*(.*?)(\.\w+)?$"): Anonymiser.in_datastore,
}


def _obj(root: ET.Element) -> ET.Element:
    found = root.find("obj")
    if found is None:
        raise ScenarioError("an ObjectContent without an object")
    return found


def _is_left_out(node: ET.Element) -> bool:
    if node.get(XSI_TYPE, "").rpartition(":")[2] != "OptionValue":
        return node.tag in _LEFT_OUT
    harmless = _HARMLESS.match(node.findtext("value") or "")
    return not (harmless and _OPTIONS_KEPT.match(node.findtext("key") or ""))


def main(argv: list[str]) -> None:
    """Anonymise one directory into another."""
    if len(argv) != 2:
        sys.exit("usage: python -m vsphere_lab.anonymise SRC DST")
    source, target = map(pathlib.Path, argv)
    try:
        written = Anonymiser(source).write(target)
    except (ValueError, OSError, ET.ParseError) as problem:
        sys.exit(f"vsphere_lab.anonymise: {problem}")
    print(f"{written} files in {target}: look through them before you give them away")


if __name__ == "__main__":
    main(sys.argv[1:])
