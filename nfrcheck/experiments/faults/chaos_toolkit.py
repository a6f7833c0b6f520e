"""An experiment of Chaos Toolkit is the fault: its method does it, its rollbacks put it back."""

import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from nfrcheck.errors import DeploymentError
from nfrcheck.experiments.chaos.kept import copy_of, environment_of, modules
from nfrcheck.experiments.chaos.start import ExperimentRun, Told
from nfrcheck.experiments.chaos.turn import BEGIN_S, LATE_S
from nfrcheck.experiments.faults.armed import Armed, Fault, verified_by
from nfrcheck.experiments.faults.site import Site, Step
from nfrcheck.fields import Duration, File

ROLLBACK = "nfrcheck.experiments.chaos.rollback"
_WORDS = 4
"""Of the recipe, before the experiment and its time."""
_START_S = 5.0
"""What an interpreter may take to load the library, on a busy machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmedExperiment(Armed):
    """Its evidence lies in the run folder, and its undo first ends what still runs."""

    @property
    def may_come_late(self) -> bool:
        """Its undo ends it first, and it can never begin afterwards."""
        return False

    def kept_in(self, folder: Path, name: str) -> Armed:
        """Both play one copy of the experiment, whatever becomes of its file meanwhile."""
        place = folder.absolute() / f"experiment-{name}"
        (run,) = self._runs
        turn, journal = (place.with_name(f"{place.name}.{end}") for end in ("turn", "journal.json"))
        kept = copy_of(run.experiment, place.parent, f"{place.name}.played")
        words = [str(path) for path in (turn, run.experiment)]
        (step,) = self.undo
        undo: Step = {
            **step,
            "argv": [*step["argv"][:_WORDS], str(kept), step["argv"][_WORDS + 1], *words],
            "env": {**environment_of(kept), **step["env"]},
        }
        played = replace(run, kept=kept, turn=turn, journal=journal, _going_on=[], _left=[])
        return replace(self, injections=(played,), undo=(undo,))

    def gone(self) -> str | None:
        return next(filter(None, (run.gone() for run in self._runs)), None)

    async def told(self) -> Sequence[Told]:
        return [await run.told() for run in self._runs]

    @property
    def _runs(self) -> list[ExperimentRun]:
        return [run for run in self.injections if isinstance(run, ExperimentRun)]


class ChaosToolkit(Fault):
    """An experiment of Chaos Toolkit: its method is the fault, and its rollbacks always run.

    `within` is what its first action may take, and what all its rollbacks may take.
    """

    kind: Literal["chaos-toolkit"] = "chaos-toolkit"
    experiment: File
    within: Duration = 30.0

    def arm(self, site: Site) -> Armed:
        name = self.experiment.name
        if not site.confirm:
            raise DeploymentError(
                f"nothing could show what experiment {name} does: the drill has no `confirm`",
                "`confirm` names an entry or a probe that its fault is seen through",
            )
        if importlib.util.find_spec("chaoslib") is None:
            raise DeploymentError(
                "experiments need Chaos Toolkit, which is not installed",
                "pip install 'nfrcheck[chaos]'",
            )
        entries = [site.entries[one] for one in site.confirm]
        undo = self._undo()
        run = ExperimentRun(
            title=f"experiment {name}",
            experiment=self.experiment.absolute(),
            within_s=self.within,
        )
        return ArmedExperiment(
            touched=f"run experiment {name}",
            injections=(run,),
            undo=(undo,),
            verify=tuple(verified_by(entry, self.within) for entry in entries),
            where={"entry": ", ".join(site.confirm)},
            note=f"roll back experiment {name}",
            deadline_s=float(undo["within_s"]),
        )

    def _undo(self) -> Step:
        path = self.experiment.absolute()
        return {
            "kind": "argv",
            "argv": [*(sys.executable, "-P", "-m", ROLLBACK), str(path), f"{self.within:g}"],
            "cwd": str(path.parent),
            # Whoever restores later may have another environment than this one.
            "env": modules(),
            # What still runs is ended, with its own rollbacks, and then those that are left.
            "within_s": _START_S + BEGIN_S + LATE_S + 2 * self.within,
        }
