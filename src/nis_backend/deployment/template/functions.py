"""What a template's functions come to, as far as that is known without AWS."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from nis_backend.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.deployment.template.parameters import Given

Value = Any
"""A value of a template. Any: strings, numbers, lists, mappings, and functions that stay."""

MOST_CIDRS = 256
LONGEST = 1_048_576
"""Most characters that a text grows to: a template may have a text hold others many times over."""


class _Nothing:
    """AWS::NoValue: what it stands at goes."""


NOTHING: Final = _Nothing()

_PLACE = re.compile(r"\$\{(!?)([^}]*)\}")


@dataclass(kw_only=True)
class Functions:
    """The functions of one template, under its parameters.

    Raises, every method:
        Malformed: a function is written wrongly, or names what is not there.
    """

    parameters: Mapping[str, Given]
    resources: frozenset[str]
    mappings: Mapping[str, Value]
    conditions: Mapping[str, Value]
    region: str
    name: str
    decides_only: bool = False
    """Whether conditions alone are decided, and every other function stays as it is."""
    _known: dict[str, bool] = field(default_factory=dict[str, bool])
    _under_way: set[str] = field(default_factory=set[str])

    def holds_named(self, condition: Value) -> bool:
        """Whether a condition holds; where none is named, it does."""
        if condition is None:
            return True
        name = str(condition)
        if name not in self._known:
            if name not in self.conditions:
                raise Malformed(f"There is no condition {name!r}.", field="Conditions", value=name)
            if name in self._under_way:
                raise Malformed(f"The condition {name} hangs on itself.", field=f"Conditions.{name}", value=name)
            self._under_way.add(name)
            self._known[name] = self.holds(self.conditions[name], f"Conditions.{name}")
            self._under_way.discard(name)
        return self._known[name]

    def holds(self, value: Value, place: str) -> bool:
        """Whether an expression of conditions or rules does."""
        function, given = _function(value)
        match function:
            case "Condition":
                return self.holds_named(given)
            case "Fn::And":
                return all(self.holds(one, place) for one in _list(given, place))
            case "Fn::Or":
                return any(self.holds(one, place) for one in _list(given, place))
            case "Fn::Not":
                return not self.holds(_list(given, place, 1)[0], place)
            case "Fn::Equals":
                left, right = (self._decided(one, place) for one in _list(given, place, 2))
                return _same(left) == _same(right)
            case "Fn::Contains":
                several, one = (self._decided(part, place) for part in _list(given, place, 2))
                return _same(one) in [_same(part) for part in _list(several, place)]
            case _:
                raise Malformed(f"{place}: {function or 'this'} is no condition.", field=place)

    def resolve(self, value: Value, place: str) -> Value:
        """A value with its functions resolved; the mapping of a function stays where only AWS knows."""
        found = self._resolve(value, place)
        return None if found is NOTHING else found

    def _decided(self, value: Value, place: str) -> Value:
        """What conditions compare: parameters and mappings, also where conditions alone are decided."""
        kept, self.decides_only = self.decides_only, False
        try:
            return self._resolve(value, place)
        finally:
            self.decides_only = kept

    def _resolve(self, value: Value, place: str) -> Value:
        if isinstance(value, list):
            parts = (self._resolve(one, f"{place}[{at}]") for at, one in enumerate(cast("list[Value]", value)))
            return [part for part in parts if part is not NOTHING]
        if not isinstance(value, dict):
            return value
        mapping = cast("dict[str, Value]", value)
        function, given = _function(mapping)
        if function:
            return self._call(function, given, place)
        resolved = {key: self._resolve(one, f"{place}.{key}") for key, one in mapping.items()}
        return {key: one for key, one in resolved.items() if one is not NOTHING}

    def _call(self, function: str, given: Value, place: str) -> Value:
        if function == "Fn::If":
            condition, yes, no = _list(given, place, 3)
            return self._resolve(yes if self.holds_named(condition) else no, place)
        if function == "Ref":
            return self._ref(str(given), place)
        if self.decides_only:
            return {function: self._resolve(given, place)}
        if function == "Condition":
            return self.holds_named(given)
        of_this = {"Fn::Sub": self._sub, "Fn::FindInMap": self._find, "Fn::GetAtt": self._attribute}
        if function in of_this:
            return of_this[function](given, place)
        return _computed(function, self._resolve(given, place), place)

    def _ref(self, name: str, place: str) -> Value:
        if name == "AWS::NoValue":
            return NOTHING
        if self.decides_only or name in self.resources:
            return {"Ref": name}
        if name in self.parameters:
            given = self.parameters[name]
            return {"Ref": name} if given is None else given
        if name.startswith("AWS::"):
            return self._of_aws(name)
        raise Malformed(f"{place}: there is no parameter and no resource {name!r}.", field=place, value=name)

    def _of_aws(self, name: str) -> Value:
        china, government = self.region.startswith("cn-"), self.region.startswith("us-gov-")
        known = {
            "AWS::Region": self.region,
            "AWS::StackName": self.name,
            "AWS::Partition": "aws-cn" if china else "aws-us-gov" if government else "aws",
            "AWS::URLSuffix": "amazonaws.com.cn" if china else "amazonaws.com",
        }
        return known.get(name, {"Ref": name})

    def _attribute(self, given: Value, place: str) -> Value:
        parts: list[Value] = given.split(".", 1) if isinstance(given, str) else _list(given, place, 2)
        if parts[0] not in self.resources:
            raise Malformed(f"{place}: there is no resource {parts[0]!r}.", field=place, value=parts[0])
        return {"Fn::GetAtt": parts}

    def _find(self, given: Value, place: str) -> Value:
        names = [self._resolve(one, place) for one in _list(given, place)]
        found: Value = self.mappings
        for name in names[:3]:
            if isinstance(name, dict):
                return {"Fn::FindInMap": names}
            found = cast("dict[str, Value]", found).get(str(name)) if isinstance(found, dict) else None
        if found is None:
            raise Malformed(f"{place}: the mappings have no {'.'.join(map(str, names))}.", field=place)
        return found

    def _sub(self, given: Value, place: str) -> Value:
        """The text; where a part stays unknown, Fn::Sub of the text with all other parts filled in."""
        text, named = (given, None) if isinstance(given, str) else _list(given, place, 2)
        own = {key: self._resolve(one, place) for key, one in cast("dict[str, Value]", named or {}).items()}
        left: dict[str, Value] = {}

        def fill(found: re.Match[str]) -> str:
            if found[1]:
                return found[0]
            name = found[2].strip()
            value = own[name] if name in own else self._named(name, place)
            if isinstance(value, dict | list):
                if name in own:
                    left[name] = value
                return "${" + name + "}"
            return _same(value)

        filled = _PLACE.sub(fill, str(text))
        if len(filled) > LONGEST:
            raise Malformed(f"{place}: the text grows beyond {LONGEST} characters.", field=place)
        if any(not found[1] for found in _PLACE.finditer(filled)):
            return {"Fn::Sub": [filled, left] if left else filled}
        return filled.replace("${!", "${")

    def _named(self, name: str, place: str) -> Value:
        return self._attribute(name, place) if "." in name else self._ref(name, place)


def _computed(function: str, given: Value, place: str) -> Value:
    """Functions of values alone; as it is where a value is not known."""
    match function:
        case "Fn::Join":
            separator, parts = _list(given, place, 2)
            if isinstance(parts, list) and not any(isinstance(one, dict) for one in cast("list[Value]", parts)):
                return str(separator).join(_same(one) for one in cast("list[Value]", parts))
        case "Fn::Split":
            separator, text = _list(given, place, 2)
            if isinstance(text, str):
                return text.split(str(separator))
        case "Fn::Select":
            at, parts = _list(given, place, 2)
            if isinstance(parts, list):
                found = cast("list[Value]", parts)
                if not (str(at).isdecimal() and int(at) < len(found)):
                    raise Malformed(
                        f"{place}: there is no place {at} in a list of {len(found)}.", field=place, value=at
                    )
                return found[int(at)]
        case "Fn::Length" if isinstance(given, list):
            return len(cast("list[Value]", given))
        case "Fn::Cidr":
            return _cidrs(_list(given, place), place) or {function: given}
        case _:
            pass
    return {function: given}


def _cidrs(given: list[Value], place: str) -> list[str]:
    """Parts of a network; empty where it is not known."""
    if len(given) < 2 or any(isinstance(one, dict | list) for one in given):  # noqa: PLR2004 - a block and a count
        return []
    try:
        block = ipaddress.ip_network(str(given[0]), strict=False)
        count, bits = int(given[1]), int(given[2]) if len(given) > 2 else 8  # noqa: PLR2004 - bits may be left out
        if not 1 <= count <= MOST_CIDRS:
            raise ValueError  # noqa: TRY301 - said below, with all the rest
        parts = block.subnets(new_prefix=block.max_prefixlen - bits)
        return [str(next(parts)) for _ in range(count)]
    except (ValueError, StopIteration):
        raise Malformed(f"{place}: {given[:3]} cannot be parted so.", field=place) from None


def _function(value: Value) -> tuple[str, Value]:
    """A function's name and what it is given; no name where it is none."""
    if isinstance(value, dict):
        mapping = cast("dict[str, Value]", value)
        if len(mapping) == 1:
            (name, given), *_ = mapping.items()
            if name.startswith("Fn::") or (name in {"Ref", "Condition"} and isinstance(given, str)):
                return name, given
    return "", None


def _list(given: Value, place: str, length: int | None = None) -> list[Value]:
    if not isinstance(given, list) or (length is not None and len(cast("list[Value]", given)) != length):
        wanted = "a list" if length is None else f"a list of {length}"
        raise Malformed(f"{place}: here stands {wanted}.", field=place)
    return cast("list[Value]", given)


def _same(value: Value) -> str:
    """A value as text, by which CloudFormation compares."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
