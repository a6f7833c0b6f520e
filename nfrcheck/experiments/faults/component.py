"""Components are killed, paused, drained or restarted: one, or several together."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from nfrcheck.errors import DeploymentError
from nfrcheck.experiments.faults.armed import Armed, Fault, Touch, arm
from nfrcheck.experiments.faults.site import Component, Site
from nfrcheck.fields import Many, Name, refused


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    if twice := [name for name in names if names.count(name) > 1]:
        raise refused(f"`{twice[0]}` is named twice", "name each component once")
    return names


class OnComponents(Fault):
    """A fault of one component, or of several: all at once, and healed in reverse."""

    component: Annotated[Many[Name], AfterValidator(_once)] = Field(min_length=1)

    def parts(self, site: Site) -> list[Component]:
        """Raises DeploymentError for one that is not there."""
        for name in self.component:
            if name not in site.components:
                raise DeploymentError(f"the deployment has no component `{name}`")
        return [site.components[name] for name in self.component]


class _ComponentFault(OnComponents):
    verb: ClassVar[str]

    at: str | None = None

    def arm(self, site: Site) -> Armed:
        parts = self.parts(site)
        touches = [touch(site, part) for part in parts]
        return arm(site, self.verb, touches, where=where(parts), at=self.at)


class ComponentKill(_ComponentFault):
    """Gone from one moment to the next; `at` is a crash point that the control understands."""

    verb = "kill"
    kind: Literal["component-kill"] = "component-kill"


class ComponentPause(_ComponentFault):
    """There, but silent: connections stay open and nothing answers."""

    verb = "pause"
    kind: Literal["component-pause"] = "component-pause"


class ComponentDrain(_ComponentFault):
    verb = "drain"
    kind: Literal["component-drain"] = "component-drain"


class ComponentRestart(_ComponentFault):
    verb = "restart"
    kind: Literal["component-restart"] = "component-restart"


def where(parts: list[Component]) -> dict[str, str]:
    """The place that a verdict names: the components, and their regions where all have one."""
    found = {"component": ", ".join(part.name for part in parts)}
    regions = dict.fromkeys(part.region for part in parts if part.region is not None)
    return found | ({"region": ", ".join(regions)} if regions else {})


def touch(site: Site, component: Component) -> Touch:
    """A component with its control and the entry that leads to it. Raises DeploymentError."""
    name = component.name
    if component.control is None:
        raise DeploymentError(
            f"component {name} cannot be touched", "give it a control: a `kind` with its verbs"
        )
    entries = () if component.entry is None else (site.entries[component.entry],)
    return Touch(title=f"component {name}", control=component.control, entries=entries)
