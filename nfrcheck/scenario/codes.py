"""Every code that a diagnostic can have: its cause and its remedy, for `nfrcheck explain`."""

from typing import NamedTuple


class Code(NamedTuple):
    """One paragraph; `cause` says what is wrong and why it matters, `remedy` what to do."""

    title: str
    cause: str
    remedy: str


CODES: dict[str, Code] = {
    "NFR001": Code(
        "this is not YAML",
        "The file cannot be taken apart as YAML 1.2: an indent that fits to nothing, a bracket or "
        "quote that is not closed, a tab, a control character, or nesting that no file needs.",
        "Look at the place of the error and a line above it. Text that holds `{`, `[`, `#` or "
        "`: ` must be quoted.",
    ),
    "NFR002": Code(
        "the file cannot be read",
        "It is not there, may not be read, is not UTF-8, holds nothing, or is larger than a "
        "scenario ever needs to be.",
        "Check the path and its permissions, save the file as UTF-8, and put long lists into a "
        "CSV file of their own (`data: {sku: {csv: skus.csv, column: sku}}`).",
    ),
    "NFR003": Code(
        "a key stands twice",
        "In one mapping the same key is written twice. YAML would silently take the last one, and "
        "a limit that somebody reads in the file would not be the limit that is judged.",
        "Remove one of the two.",
    ),
    "NFR004": Code(
        "an anchor, alias, tag or merge key",
        "Nothing is computed in these files: what is judged must stand where it is read. Anchors "
        "(`&x`), aliases (`*x`), tags (`!x`) and merge keys (`<<`) are refused.",
        "Write it out, or share it between files with `include`. Text that begins with one of "
        "these signs must be quoted.",
    ),
    "NFR005": Code(
        "YAML reads this otherwise than it looks",
        "The line is valid YAML and means something else than it seems to: an empty value, braces "
        "that became a mapping, a comma that began a new key, `>` that began a folded text.",
        "Quote the text. A key without a value is removed, or says `none` to take away what an "
        "included file declared.",
    ),
    "NFR011": Code(
        "the version of the language",
        "The first key of both files is `nfrcheck: 1`, so that a later version can still read "
        "them. It is missing, or it names a version that this nfrcheck does not know.",
        "Write `nfrcheck: 1` at the top, or install a newer nfrcheck.",
    ),
    "NFR012": Code(
        "an unknown key",
        "No key has this name here. A key that is not known is never ignored: a limit with a "
        "slip in its name would pass for ever, because nobody judged it.",
        "Take the suggestion, or see `nfrcheck schema` for the keys that there are. Keys use `_`, "
        "your own names use `-`.",
    ),
    "NFR013": Code(
        "something is missing",
        "A key is missing without which this means nothing: a target without a limit, a fault "
        "without `kind`, a control without its command.",
        "Add the key that the message names.",
    ),
    "NFR014": Code(
        "the wrong kind of value",
        "The key is right, but what stands there is not what it takes: a list instead of a "
        "mapping, a word that is none of those allowed, a name with capital letters.",
        "Write what the message asks for. Names are small letters, digits and single hyphens.",
    ),
    "NFR015": Code(
        "a quantity that is not one",
        "Every quantity carries its unit and every limit its direction, so that no number can be "
        "misread: `200 ms`, `99.99 %`, `150/s`; `< 200 ms`, `<= 2 s`, `at least 40 %`.",
        "Take the suggestion. An upper limit says `<` or `<=`, a lower one `at least` or a range "
        "`40 % .. 60 %`; a key with a preposition (`at_least`, `..._within`) takes a plain one.",
    ),
    "NFR016": Code(
        "a name that does not exist",
        "A load, probe, drill, entry, region, component, principal or template value is named "
        "that nothing declares, in this file or in the deployment.",
        "Take the suggestion, or declare it. What is named in a scenario (`entry`, `region`, "
        "`component`, `as`) is declared in the deployment.",
    ),
    "NFR017": Code(
        "a secret in the file",
        "What is known to be secret must not stand in these files, because it would end up in the "
        "repository, in the plan and in the evidence of every run. That is: what a principal or a "
        "control takes as a secret, the headers that carry credentials, such as `authorization` "
        "and `cookie`, and a password in a URL. What a path, a body or any other header holds is "
        "not looked at: keep secrets out of them yourself.",
        "Write `{env: NAME}` or `{file: path}`. If the secret was committed, replace it.",
    ),
    "NFR018": Code(
        "a name that is taken",
        "Phases and drills share one set of names, because targets name both with `during`. "
        "`run`, `warm-up`, `steady` and `examine` are phases.",
        "Give the drill or the phase another name.",
    ),
    "NFR019": Code(
        "it could mean several things",
        "Several loads, probes or entries would fit, or none, and nothing says which is meant. "
        "What can mean only one thing may be left out; this can mean more.",
        "Say which one: `load: shop`, `probe: edge`, `entry: global`.",
    ),
    "NFR020": Code(
        "not run by this version",
        "This is part of the language, and this version cannot do it. It was read and its keys "
        "were checked; the targets that need it will be NOT RUN, never passed. A run whose "
        "critical targets are not run ends with 3.",
        "Keep it for a later version, leave it out with `--skip`, or make the target `advisory`.",
    ),
    "NFR021": Code(
        "the planned load cannot decide this target",
        "With so few requests or seconds even a run without any failure would not be evidence: "
        "99.99 % takes 35,100 requests without a failure, and five minutes in which a short error "
        "phase could have shown itself. Such a target can fail, but it can never pass; it will "
        "be INCONCLUSIVE. With `each` the thinnest part decides.",
        "Make the phase longer, raise the rate (for a thin route with `at_least_rate`), or promise "
        "what the run can confirm. With `--strict` this is an error.",
    ),
    "NFR022": Code(
        "a file that cannot be included",
        "An `include` names a file that is not there, or one that includes this one again.",
        "Paths are relative to the file that holds them. Break the circle.",
    ),
    "NFR023": Code(
        "a scenario was checked alone",
        "It is not known which deployment is meant, so the names that lead there, the rates and "
        "what the load can decide were not checked.",
        "Name the deployment with `-d NAME`, set `deployment` in `[tool.nfrcheck]` of "
        "pyproject.toml, or put X.deployment.yaml beside X.nfr.yaml.",
    ),
    "NFR024": Code(
        "no plan can be made of these files",
        "Both files are right by themselves, but a run would be refused before it contacts "
        "anything: a fault that `safety` does not allow, a fault that nothing could put back or "
        "see, a host out of scope, more requests than `max_rate`.",
        "Do what the message says. Only the deployment's owner should widen `safety`.",
    ),
    "NFR025": Code(
        "a run would be refused here",
        "The deployment is protected, or the operator's policy (NFRCHECK_SAFETY) forbids it: "
        "`nfrcheck run` will end with 8 and contact nothing.",
        "Run it against another deployment, or get the approval from outside the checkout.",
    ),
    "NFR026": Code(
        "the time limit is shorter than the run",
        "`max_time` of the deployment or of the operator's policy ends a run after this time: what "
        "is injected is put back, and the run is aborted with exit 5. The phases and drills that "
        "are planned take longer, so the last of them would never begin.",
        "Shorten the phases, repeat drills less often, leave targets out with `--only`, or let the "
        "deployment's owner raise `max_time`.",
    ),
    "NFR027": Code(
        "a fault that ends before its drill does",
        "`expires` says after which time a control ends its fault by itself, if nobody is left to "
        "undo it. Here that comes before the drill has held it: what the system answered "
        "afterwards, without a fault, would be taken for what it answers with one.",
        "Give the control a longer `expires`, or the drill a shorter `hold`. Until a fault is "
        "proven may take 5 s, for each fault of the drill; that is added to the hold.",
    ),
    "NFR028": Code(
        "what is to prove a healing is a guess",
        "After a fault an entry is asked with GET, without a credential, and 2xx or 3xx tells that "
        "all is well again. No route of the scenario says which path is answered so: they write, "
        "send headers or a principal, or expect another status. The request named is a guess; if "
        "it is not answered so before the fault, the drill is INVALID and nothing is injected.",
        "Write `health: /path` in the entry: what a healthy system answers with 2xx or 3xx, over "
        "the same parts as the traffic; or add a probe with such a `get`.",
    ),
    "NFR101": Code(
        "no schedule",
        "A game day is due by a cron expression of five fields: minute, hour, day of the month, "
        "month, day of the week. This is none, or it never comes.",
        "Write such as `17 2 * * SUN`, in quotes. An odd minute is less crowded than a full hour.",
    ),
    "NFR102": Code(
        "no time zone",
        "The schedule and the window are times on a wall clock somewhere, and that clock may jump "
        "twice a year. The place is a name of the IANA database.",
        "Write such as `Europe/Berlin` or `UTC`. On a machine without a time zone database, "
        "install the package `tzdata`.",
    ),
    "NFR103": Code(
        "a schedule outside its window",
        "The schedule starts the game day at a time of day at which its window is closed, so "
        "that such a run would be refused each time.",
        "Move one of the two. A window whose `close` is before its `open` ends on the next day.",
    ),
    "NFR104": Code(
        "a scenario that is not there",
        "The game day names a scenario, relative to the file that holds the game day, and there "
        "is no such file.",
        "Correct the path; it starts from the folder of `gamedays.yaml`.",
    ),
    "NFR105": Code(
        "a calendar that cannot be read",
        "A blackout calendar is not there, or it is not in the iCalendar format. A freeze that "
        "nobody can read must not be taken for none, so nothing is started.",
        "Export the change calendar as an `.ics` file to this path, before each game day if it "
        "changes often.",
    ),
    "NFR160": Code(
        "carried over, but between which runs?",
        "With `carry_over` the evidence of earlier runs counts, as long as the same build runs; "
        "evidence about another build says nothing about this one. The deployment does not say "
        "which build runs.",
        "Add `build: {env: GIT_COMMIT}`, or `build: {get: /version, json: /build}` where the "
        "service tells it itself, to the deployment; or leave `carry_over` out.",
    ),
    "NFR161": Code(
        "evidence that does not add up",
        "Odds add up between runs for shares of requests: `availability` and `latency`. A drill or "
        "a lost write is judged in each run by itself.",
        "Leave `carry_over` out of this target.",
    ),
    "NFR162": Code(
        "the same stretch twice",
        "`during` lists a stretch of the run twice. Each stretch is judged by itself, and the same "
        "requests would count as twice as many.",
        "Remove one of the two. All runs of a drill are `lose-b`, one of them is `lose-b/2`.",
    ),
    "NFR163": Code(
        "a key that this check does not use",
        "The key is one of those that targets have in common, and the check of this target makes "
        "nothing of it. What would change nothing is refused: somebody who reads the file must "
        "not take it for a part of the promise.",
        "Take the suggestion: a state is judged `during` a drill, one entry alone with `only`. "
        "Or leave the key out.",
    ),
    "NFR164": Code(
        "evidence that nobody would look at",
        "A check judges the requests of one load or of one probe. Of several only the first would "
        "be judged, and what the others saw would change nothing.",
        "Write one target for each of them, with an id of its own and `check`.",
    ),
}
