"""The best change of the tumours in a short paragraph: patients described, not arms compared."""

from __future__ import annotations

from calliper.blocks import Text
from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.narrative.sentences import Sentences
from calliper.protocol.specs import CoursesAnalysis, Protocol, Response
from calliper.results import Results


def courses(spec: CoursesAnalysis, protocol: Protocol, results: Results) -> tuple[Text, ...]:
    """How many tumours fell by the criteria's share, and the medians; or why no change of the tumour is known."""
    forms = numbers.forms(protocol)
    endpoint = protocol.endpoints[spec.response]
    shelf, words = Shelf(results, spec.id, "measured"), Sentences(forms)
    failure = shelf.failure_of("best_change")
    if not isinstance(endpoint, Response):
        return ()
    if failure:
        return (Text(f"No change of the tumours is drawn: {labels.ended(failure)}", "note"),)
    fell, medians = [], []
    for arm in labels.ordered(protocol, shelf.groups()):
        share = words.quote(
            lambda k, n, held: f"{forms.count(k)} of {forms.count(n)} ({forms.percent(held)}%)",
            shelf.row(arm, "best_change", "fall", "count"),
            shelf.row(arm, "", "", "n"),
            shelf.row(arm, "best_change", "fall", "proportion"),
        )
        median = words.quote(forms.duration, shelf.row(arm, "best_change", "", "median"))
        if share and median:
            fell.append(f"{share} with {labels.arm(protocol, arm)}")
            medians.append(f"{median}%")
    words.add(
        f"The sum of diameters fell by at least {endpoint.rules.pr_decrease_percent}% in {labels.listed(fell)}, of the "
        "patients with a measured change."
    )
    words.add(
        f"The median best change was {labels.listed(medians)}{', in the same order' * (len(medians) > 1)}."
    )
    words.add("This describes patients; the arms were not compared.")
    return words.text()
