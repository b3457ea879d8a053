"""Scores of CDNOW's customers, computed in another way than kulta does: event by event, in fractions.

    python3 scores.py cdnow_master.csv.gz AS_OF RULES.toml                      one rule set for all of history
    python3 scores.py cdnow_master.csv.gz AS_OF FROM=RULES.toml FROM=RULES.toml versions, each from its time on

Times are days (YYYY-MM-DD), their beginnings in UTC. Writes subject,points,grade. Knows what the rule files beside it use:
rules on purchase.made over `amount` and `quantity`, in a time zone with a fixed offset.
"""

import csv
import gzip
import sys
import tomllib
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from functools import cache
from math import floor

UTC = timezone.utc
ZONES = {"UTC": timedelta(0), "Etc/GMT+5": timedelta(hours=-5), "Etc/GMT-2": timedelta(hours=2)}


def half_even(value, places):
    """A fraction rounded half-even to so many decimals."""
    scaled = value * 10**places
    whole = floor(scaled)
    rest = scaled - whole
    if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2):
        whole += 1
    return Fraction(whole, 10**places)


# What the rule files say, said again.
EXPRESSIONS = {
    "floor(amount)": lambda e: Fraction(floor(e["amount"])),
    "amount": lambda e: e["amount"],
    "amount / 7": lambda e: half_even(e["amount"] / 7, 12),
    "amount * quantity - 3.75": lambda e: e["amount"] * e["quantity"] - Fraction("3.75"),
    "amount > 0": lambda e: e["amount"] > 0,
    "quantity >= 2 && amount < 60": lambda e: e["quantity"] >= 2 and e["amount"] < 60,
}


def expression(text):
    return (lambda e: Fraction(str(text))) if not isinstance(text, str) else EXPRESSIONS[text]


def instant(value):
    """A date of a rule file, or of the command line: its beginning."""
    return datetime(value.year, value.month, value.day, tzinfo=UTC)


class RuleSet:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.file = tomllib.load(file)
        self.offset = ZONES[self.file.get("time_zone", "UTC")]

    def day(self, at):
        return (at + self.offset).date()

    def begin(self, day):
        """Midnight of a day here."""
        return instant(date.fromisoformat(str(day))) - self.offset

    def window(self, at, per):
        day = self.day(at)
        return {
            "day": day,
            "week": day.isocalendar()[:2],
            "month": (day.year, day.month),
            "quarter": (day.year, (day.month - 1) // 3),
            "year": day.year,
            "lifetime": None,
        }[per]

    def valid(self, rule, at):
        valid = rule.get("valid", {})
        starts = "from" not in valid or at >= self.begin(valid["from"])
        return starts and ("to" not in valid or at < self.begin(valid["to"]))

    def grade(self, points):
        grades = sorted(self.file.get("grade", []), key=lambda grade: -grade["from"])
        return next((grade["name"] for grade in grades if points >= grade["from"]), "")


def tiers(rule, total):
    points, start = Fraction(0), Fraction(0)
    for tier in rule["tiers"]:
        end = Fraction(str(tier["up_to"])) if "up_to" in tier else max(total, start)
        points += (min(max(total, start), end) - start) * Fraction(str(tier["rate"]))
        start = end
    return points


def for_events(rules, rule, events):
    """What each event that counts gives: (time, points)."""
    counted, gathered, sums, found = Counter(), [], defaultdict(Fraction), []
    for event in events:
        at = event["at"]
        if not rules.valid(rule, at) or ("when" in rule and not expression(rule["when"])(event)):
            continue
        if "limit" in rule:
            window = rules.window(at, rule["limit"]["per"])
            if counted[window] >= rule["limit"]["count"]:
                continue
            counted[window] += 1
        if "at_least" in rule:
            today = rules.day(at)
            gathered = [day for day in gathered if (today - day).days < rule["at_least"]["within_days"]] + [today]
            if len(gathered) < rule["at_least"]["count"]:
                continue
            gathered = []
        if "tiers" in rule:
            window = rules.window(at, rule["per"])
            before = tiers(rule, sums[window])
            sums[window] += expression(rule["measure"])(event)
            found.append((at, tiers(rule, sums[window]) - before))
        else:
            found.append((at, expression(rule["points"])(event)))
    return found


def for_absence(rules, rule, events, until):
    """What each gap gives: (time, points)."""
    days, found = timedelta(days=rule["absent"]["days"]), []
    times = [event["at"] for event in events]
    for at, after in zip(times, times[1:] + [None]):
        end = at + days
        if (end < until if after is None else end <= after) and rules.valid(rule, end):
            found.append((end, expression(rule["points"])(None)))
    return found


def capped(rules, rule, found):
    if "cap" not in rule:
        return found
    most, sums, kept = Fraction(str(rule["cap"]["points"])), defaultdict(Fraction), []
    for at, points in found:
        window = rules.window(at, rule["cap"]["per"])
        after = min(max(sums[window] + points, -most), most)
        kept.append((at, after - sums[window]))
        sums[window] = after
    return kept


@cache
def factor(age, half_life):
    with localcontext() as context:
        context.prec = 80
        power = Decimal(2) ** -(Decimal(age) / Decimal(str(half_life)))
        return Fraction(power.quantize(Decimal(1).scaleb(-15), rounding=ROUND_HALF_EVEN))


def score(rules, events, until, as_of):
    total = Fraction(0)
    for rule in rules.file["rule"]:
        found = for_absence(rules, rule, events, until) if "absent" in rule else for_events(rules, rule, events)
        for at, points in capped(rules, rule, found):
            age = (rules.day(as_of) - rules.day(at)).days
            if age >= rule.get("expires_after_days", age + 1):
                continue
            total += points * factor(age, rule["half_life_days"]) if "half_life_days" in rule else points
    return total


def read(path):
    """Purchases of each customer in the order of (time, id)."""
    customers, same = defaultdict(list), Counter()
    with gzip.open(path, "rt", newline="") as file:
        for row in csv.DictReader(file):
            cells = tuple(row.values())
            same[cells] += 1
            name = "/".join([*cells, str(same[cells])])
            at = instant(date.fromisoformat(row["date"]))
            amount, quantity = Fraction(row["value_usd"]), Fraction(row["quantity"])
            customers[row["customer_id"]].append({"at": at, "id": name, "amount": amount, "quantity": quantity})
    for events in customers.values():
        events.sort(key=lambda event: (event["at"], event["id"]))
    return customers


def main(path, as_of, *files):
    as_of = instant(date.fromisoformat(as_of))
    versions = []
    for file in files:
        start, _, name = file.rpartition("=")
        begin = instant(date.fromisoformat(start)) if start else datetime.min.replace(tzinfo=UTC)
        versions.append((begin, RuleSet(name)))
    ends = [begin for begin, _ in versions[1:]] + [datetime.max.replace(tzinfo=UTC)]
    grading = [rules for begin, rules in versions if begin <= as_of]
    out = csv.writer(sys.stdout, lineterminator="\n")
    for subject, events in sorted(read(path).items()):
        total = Fraction(0)
        for (begin, rules), end in zip(versions, ends):
            until = min(end, as_of)
            total += score(rules, [event for event in events if begin <= event["at"] < until], until, as_of)
        points = half_even(total, 4)
        text = format(Decimal(points.numerator) / Decimal(points.denominator), "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
        out.writerow([subject, text, grading[-1].grade(points) if grading else ""])


main(*sys.argv[1:])
