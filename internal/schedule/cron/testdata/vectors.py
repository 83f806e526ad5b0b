"""Writes vectors.tsv, flaws.tsv and grammar.tsv: what cronsim 2.7 answers.

How to run it, in this folder, with a tz database at hand (Linux has one):

    python3 -m venv /tmp/cronsim && /tmp/cronsim/bin/pip install cronsim==2.7
    /tmp/cronsim/bin/python vectors.py

The draw is seeded, so the same library and the same tz database write the same
files. Another seed and another count can be given, to look for differences
elsewhere: vectors.py SEED COUNT writes to standard output only.

vectors.tsv has a line per question: expression, zone, start, and the next three
occurrences, all in UTC. Two of three starts lie within a day and a half of a
change of the clock. Where the library's answer is not later than the start or
the answer before (it can be so in the second pass of a repeated hour), the first
later one is written: a check must not be due before its last ping.

flaws.tsv has the questions that the library answers against its own rules, with
its answers and then those that the rules ask for. They are made from its answers
without a zone, so they do not depend on how it treats changes of the clock.

grammar.tsv has a line per expression: whether it is accepted, and the expression
as a quoted string. Accepted means what Healthchecks asks of a schedule: five
fields, the library parses it, and there is an occurrence after the year 2000.
"""

import json
import random
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

UTC = timezone.utc
FIRST, LAST = datetime(2011, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)

# Zones by what is odd about them in these years.
ZONES = """
UTC Asia/Kolkata Asia/Kathmandu
Europe/Riga Europe/London Europe/Dublin Europe/Lisbon America/Scoresbysund
America/New_York America/Los_Angeles America/St_Johns America/Havana America/Nuuk
America/Sao_Paulo America/Santiago America/Asuncion America/Caracas
Africa/Casablanca Africa/Cairo Asia/Beirut Asia/Tehran Asia/Amman Asia/Pyongyang
Europe/Moscow Europe/Istanbul
Australia/Lord_Howe Australia/Sydney Pacific/Auckland Pacific/Chatham Pacific/Apia
Pacific/Fiji Antarctica/Troll
""".split()

MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
WEEKDAYS = "SUN MON TUE WED THU FRI SAT".split()


def changes(zone):
    """Returns the moments at which the zone's clock changes, to the minute."""
    found, t, step = [], FIRST, timedelta(hours=12)
    while t < LAST:
        if t.astimezone(zone).utcoffset() != (t + step).astimezone(zone).utcoffset():
            low, high = t, t + step
            while high - low > timedelta(minutes=1):
                mid = low + (high - low) // 2
                mid = mid.replace(second=0, microsecond=0)
                if mid == low:
                    mid += timedelta(minutes=1)
                if mid.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset():
                    low = mid
                else:
                    high = mid
            found.append(high)
        t += step
    return found


def item(r, low, high, star=0.25):
    """Draws one item of a list: *, */n, a, a-b, a/n, a-b/n."""
    a, b = sorted((r.randint(low, high), r.randint(low, high)))
    n = r.choice((1, 2, 3, 5, 7, 10, 15, 20, 30, 100))
    if r.random() < star:
        return r.choice(("*", f"*/{n}"))
    return r.choice((f"{a}", f"{a}", f"{a}-{b}", f"{a}/{n}", f"{a}-{b}/{n}"))


def listed(r, draw):
    return ",".join(draw() for _ in range(r.choice((1, 1, 1, 2, 3))))


def minute(r):
    usual = ("*", "0", "30", "*/15", "*/30", "0,30", "5", "59", "*/7", "10-20")
    return r.choice(usual) if r.random() < 0.6 else listed(r, lambda: item(r, 0, 59))


def hour(r, near):
    if near is not None and r.random() < 0.6:
        h = (near + r.choice((-1, 0, 0, 0, 1))) % 24
        return r.choice((f"{h}", f"{h}", f"{h}", f"{h},{(h + 5) % 24}", f"{min(h, 20)}-{min(h, 20) + 3}", f"*/100,{h}"))
    return r.choice(("*", "*/2", "0-23", "0", "12")) if r.random() < 0.5 else listed(r, lambda: item(r, 0, 23))


def day(r, near):
    def one():
        x = r.random()
        if x < 0.2:
            return r.choice(("L", "LW", "L", "l", "Lw/3"))
        if near is not None and x < 0.5:
            return f"{near}"
        return item(r, 1, 31)

    return "*" if r.random() < 0.6 else listed(r, one)


def month(r, near):
    def one():
        x = r.random()
        if near is not None and x < 0.5:
            return f"{near}"
        if x < 0.7:
            a, b = sorted((r.randint(0, 11), r.randint(0, 11)))
            return r.choice((MONTHS[a], MONTHS[a].lower(), f"{MONTHS[a]}-{MONTHS[b]}"))
        return item(r, 1, 12)

    return "*" if r.random() < 0.75 else listed(r, one)


def weekday(r):
    def one():
        x = r.random()
        if x < 0.2:
            return f"{r.randint(0, 7)}L"
        if x < 0.4:
            return f"{r.choice(WEEKDAYS + list('01234567'))}#{r.randint(1, 5)}"
        if x < 0.6:
            a, b = sorted((r.randint(0, 6), r.randint(0, 6)))
            return r.choice((WEEKDAYS[a], f"{WEEKDAYS[a]}-{WEEKDAYS[b]}", WEEKDAYS[a].lower()))
        return item(r, 0, 7)

    return "*" if r.random() < 0.65 else listed(r, one)


def expression(r, near):
    at = (None, None, None) if near is None else (near.hour, near.day, near.month)
    return " ".join((minute(r), hour(r, at[0]), day(r, at[1]), month(r, at[2]), weekday(r)))


def answers(text, zone, start, count=3):
    """Returns the next occurrences, or None if the expression is no good."""
    try:
        it = CronSim(text, start.astimezone(zone))
    except CronSimError:
        return None
    found, last = [], start
    while len(found) < count:
        try:
            t = next(it).astimezone(UTC)
        except StopIteration:
            found.append(None)
            continue
        if t > last:
            found.append(t)
            last = t
    return found


def show(t):
    if t is None:
        return "never"
    return t.strftime("%Y-%m-%dT%H:%M:%SZ" if t.second else "%Y-%m-%dT%H:%MZ")


def ruled(text, zone, start, count=3):
    """Returns what the rules ask for, from the library's answers without a zone."""
    fixed = not any(word.startswith("*") for word in text.split()[:2])
    it = CronSim(text, start.astimezone(zone).replace(tzinfo=None) - timedelta(hours=4))
    found, end = set(), None
    while end is None or shown < end:
        shown = next(it)
        for fold in (0,) if fixed else (0, 1):
            t = shown.replace(tzinfo=zone, fold=fold).astimezone(UTC)
            if t.astimezone(zone).replace(tzinfo=None, fold=0) != shown:
                if not fixed:
                    continue
                t = leap_end(shown, zone)
            if t > start:
                found.add(t)
        if len(found) >= count:
            end = sorted(found)[count - 1].astimezone(zone).replace(tzinfo=None) + timedelta(hours=4)
    return sorted(found)[:count]


def leap_end(shown, zone):
    """Returns the first whole minute after the leap over a time of day."""
    while True:
        shown += timedelta(minutes=1)
        t = shown.replace(tzinfo=zone).astimezone(UTC)
        if t.astimezone(zone).replace(tzinfo=None, fold=0) == shown:
            return t


# Dates that are far away, and the rule of day and weekday.
RARE = """
0 0 29 2 *|0 0 29 2 MON|0 0 */28 2 MON#5|15 2 */100,29 2 1#5|0 0 * 2 SUN#5|*/20 3 */28 2 2#5|0 12 LW 2 *|30 4 L 2 */2
0 0 */100,31 12 SUN|0 0 1-7 * */7|0 0 1-7 * 0-7|0 0 */100,1-7 * MON|0 0 1 * MON|0 0 1 * */2|0 0 */2 * MON|0 0 *,5 * MON
0 0 5,* * MON|0 0 L * *|0 0 L * FRI|0 0 L * 5L|0 0 */100,L * 5L|0 0 * * 5L|0 0 * * 7L|0 0 * * SUN#1,SUN#3|0 0 13 * 5
0 0 * * */3|0 0 * * 1/2|0 0 * * 0-7/7|0 0 * * */7|0 0 31 * *|0 0 30,L 2 *|0 0 */29 2 MON|0 0 31 */2 *
""".replace("\n", "|").strip("|").split("|")


def vectors(seed, count):
    r = random.Random(seed)
    zones = {name: ZoneInfo(name) for name in ZONES}
    known = {name: changes(zone) for name, zone in zones.items()}
    odd = [name for name in ZONES if known[name]]
    span = int((LAST - FIRST).total_seconds())
    lines, flaws = set(), set()
    while len(lines) < count:
        near = None
        if r.random() < 0.68:
            name = r.choice(odd)
            change = r.choice(known[name])
            # What the clock shows just before or at the change.
            near = (change - r.choice((timedelta(minutes=1), timedelta(0)))).astimezone(zones[name])
            reach = r.choice((2 * 60, 6 * 60, 36 * 60))
            start = change + timedelta(minutes=r.randint(-reach, reach))
        else:
            name = r.choice(ZONES)
            start = FIRST + timedelta(minutes=r.randint(0, span // 60))
        if r.random() < 0.3:
            start += timedelta(seconds=r.randint(0, 59))
        text = r.choice(RARE) if r.random() < 0.05 else expression(r, near)
        found = answers(text, zones[name], start)
        # Far answers hang on what laws are made until then.
        if found is None or None in found or len(text) > 60:
            continue
        if found[-1].year > 2020 and name != "UTC":
            continue
        line = "\t".join([text, name, show(start)] + [show(t) for t in found])
        right = ruled(text, zones[name], start)
        if found == right:
            lines.add(line)
        else:
            flaws.add("\t".join([line] + [show(t) for t in right]))
    return [sorted(all, key=lambda line: line.split("\t")[1:3] + [line]) for all in (lines, flaws)]


SAMPLES = [
    "0 60 59-0 5-5 00 */0 */1 */59 */60 */100 */99999999999999999999 5/10 5/0 5-10/2 5-10/100 *,5 5,* *-5 */5,7 1, ,1 1,,2 1-"
    " -1 1-2-3 1/2/3 */ /5 ** *5 +5 1.5 1_0 a L LW 5L 1#2 ? H H/5 x-y */a */-1 */+1 */01 0x10 1-L *-* */* 5,5,5 10-5,1 0-59/60"
    " ~ 1~5 59/1 */5/2 *#1 1#1 \u0661 \u00b2 \uff11",
    "0 23 24 */2 23-1 0-23 005 24-25 1-24 L MON */24 0/6 12,13 12;13",
    "0 1 31 32 L l LW lw WL W 15W 1W LL ? */2 */31 */32 0-5 1-31/7 31/2 L,LW L,15 15,L L/5 LW/2 L/0 LW/0 L/x L-3 1-L L-L 1L *,L"
    " LW,L L* *L L#1 L/ 1,L/5 L-5/2 JAN MON */100,1-7 29,30 -L L,",
    "0 1 12 13 JAN jan Jan-mar JAN-3 1-MAR DEC-JAN JANUARY JAN/2 JAN-DEC/3 */JAN MON L JAN,FEB */13 1#1 12/1 01 JAN1 1JAN ANF JA ?",
    "0 7 8 SUN sun MON MONDAY MON-FRI FRI-MON FRI-SUN SUN-SAT SUN-0 5-7 7-7 SAT-7 7-0 7-1 */2 */7 */8 0/2 0-7/7 7/2 SUN/2 L 5L 0L"
    " 7L 8L MONL L5 5l 5L,1 1L-3L 5L/2 5L/0 1#1 1#0 1#5 1#6 0#1 7#1 8#1 MON#1 mon#2 MON#MON MON# #1 1#1#2 1#1,2#2 1#1-2#2 1-2#3"
    " 1#1/2 1#01 01#1 05L MON#1L LW JAN ? W 1, *#1 *L */2#1 1,1#1 00 07 5#L MON-SUN MON-7 SUN#5 1-5L 1/2#1 1#+1 LL 5LL UNM -1",
]
WHOLE = [
    "", " ", "*", "* * * *", "* * * * *", "* * * * * *", "0 * * * * *", "* * * * * * *", "@daily", "@hourly", "@reboot", "@every 5m",
    " 0  0 * * * ", "0\t0\t*\t*\t*", "0\n0 * * *", "0\u00a00 * * *", "CRON_TZ=UTC 0 0 * * *", "0 0 30 2 *", "0 0 30 2 MON", "0 0 31 2 */2",
    "0 0 31 2,4 *", "0 0 31 4,6,9,11 *", "0 0 31 4 MON", "0 0 30,31 2 *", "0 0 30-31 2 *", "0 0 30,L 2 *", "0 0 30,LW 2 *",
    "0 0 */100,30 2 *", "0 0 */30 2 *", "0 0 30/1 2 *", "0 0 31 2-4 *", "0 0 31 */3 *", "0 0 29 2 *", "0 0 29 2 MON", "0 0 * 2 1#5",
    "0 0 */28 2 1#5", "0 0 */100 2 1#5", "0 0 */100 * 1#2", "0 0 * 2 5#5", "0 0 */100,2-7 * 1#2", "0 0 */31 2 1#5", "0 0 */100 * 7L",
    "0 0 */100,L * MON#1", "0 0 */100,L * MON#5", "0 0 */100,LW * SUN", "0 0 */100,LW * SUN#1", "*/5 2 */100 3 SUN", "*, * * * *",
    "* * * * *,", "60 24 32 13 8", "0 0 1 1 0", "59 23 31 12 7", "0-59 0-23 1-31 1-12 0-7", "% * * * *", "0 0 * * \u00a7",
]


def accepted(text):
    if len(text.split()) != 5:
        return False
    try:
        next(CronSim(text, datetime(2000, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration):
        return False
    return True


def noise(r):
    """Draws an expression with a slip of the hand in it."""
    text = list(expression(r, None))
    for _ in range(r.randint(1, 2)):
        at = r.randrange(len(text))
        text[at : at + r.randint(0, 1)] = r.choice(list("0123456789*/,-#LW? ") + ["MON", "JAN", "5L", "#2"])
    return "".join(text)


def grammar():
    texts = list(WHOLE)
    for i, words in enumerate(SAMPLES):
        for word in words.split(" "):
            texts.append(" ".join(["0", "0", "*", "*", "*"][:i] + [word] + ["*"] * (4 - i)))
    r = random.Random(7)
    texts += [noise(r) for _ in range(400)]
    yes_no = {True: "yes", False: "no"}
    return [f"{yes_no[accepted(text)]}\t{json.dumps(text)}" for text in dict.fromkeys(texts)]


def write(name, lines):
    with open(name, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


if len(sys.argv) > 1:
    for some in vectors(int(sys.argv[1]), int(sys.argv[2])):
        print("\n".join(some))
else:
    good, flawed = vectors(27, 6000)
    write("vectors.tsv", good)
    write("flaws.tsv", flawed)
    write("grammar.tsv", grammar())
