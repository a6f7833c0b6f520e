"""The deployment as faults see it: controls by name, entries with a path that answers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nfrcheck.experiments.faults import Component, Control, Entry, LinkPart
from nfrcheck.model.signs import Sign
from nfrcheck.plan.addresses import Pins, endpoint
from nfrcheck.scenario.deployment import Component as WrittenComponent
from nfrcheck.scenario.deployment import Deployment
from nfrcheck.wire.templates import sent_path


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSite:
    """Satisfies `experiments.faults.Site`."""

    run: str
    contact: bool
    regions: Mapping[str, Control | None]
    components: Mapping[str, Component]
    links: Mapping[str, LinkPart]
    entries: Mapping[str, Entry]
    addresses: Pins
    lasting_s: float | None = None
    confirm: tuple[str, ...] = ()


def site_of(
    deployment: Deployment, pins: Pins, paths: Mapping[str, str], run_id: str, *, contact: bool
) -> PlannedSite:
    """`paths`: per entry what is asked for when healing is verified."""
    return PlannedSite(
        run=run_id,
        contact=contact,
        regions={name: region.control for name, region in deployment.regions.items()},
        components={
            name: Component(
                name=name,
                control=part.control,
                region=part.region,
                entry=part.entry,
                shows=_shows(deployment, part),
            )
            for name, part in deployment.components.items()
        },
        links={
            name: LinkPart(
                name=name,
                control=link.control,
                joins=link.joins,
                entry=link.entry,
                to=link.to,
            )
            for name, link in deployment.links.items()
        },
        entries={
            name: _entry(deployment, name, pins, paths)
            for name, entry in deployment.entries.items()
            if entry.url
        },
        addresses=pins,
    )


def _shows(deployment: Deployment, part: WrittenComponent) -> dict[str, Sign]:
    """A version is shown by the deployment's `build` if the component does not say otherwise."""
    shows = {word: shown.sign for word, shown in part.shows.items()}
    build = deployment.build
    if build and build.json_ and build.get and build.entry in {None, part.entry}:
        shows.setdefault("version", Sign(json=build.json_, path=build.get))
    return {
        word: replace(sign, path=sent_path(sign.path)) if sign.path else sign
        for word, sign in shows.items()
    }


def _entry(deployment: Deployment, name: str, pins: Pins, paths: Mapping[str, str]) -> Entry:
    spec = endpoint(deployment, name, pins)
    return Entry(
        name=name,
        url=spec.url,
        region=deployment.entries[name].region,
        address=spec.address,
        ca=spec.ca,
        cert=spec.cert,
        key=spec.key,
        path=paths.get(name, "/"),
    )
