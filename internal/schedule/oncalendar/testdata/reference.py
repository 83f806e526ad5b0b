"""Asks the Python package oncalendar for next.txt and parse.txt.

How to run it, in this folder (the result is the same each time, as long as the
time zones of the years 2011 to 2025 are):

    python3 -m venv /tmp/oncalendar
    /tmp/oncalendar/bin/pip install oncalendar==1.1 tzdata
    /tmp/oncalendar/bin/python reference.py

next.txt: one line for each pair of zone and expression, tab-separated: zone,
expression as JSON, then one column for each start: START:D1,D2,D3. START is in
seconds since 1970, D1 the seconds to the first occurrence, D2 from the first to
the second, and so on; fewer than three if there are no more. Two flaws of the
package at the end of summer time are worked around. Occurrences that it gives at or
before the start are left out. And lines are asked for one by one: it compares those
of several lines by local reading, and so takes an hour's second showing for the first.

parse.txt: one text a line: + or -, a tab, the text as JSON. + is what Healthchecks
takes: what the package can read, with an occurrence after 1 January 2000.
"""

import json
import random
from datetime import datetime, timedelta, timezone
from itertools import islice
from zoneinfo import ZoneInfo

from oncalendar import OnCalendar

UTC = timezone.utc
FROM, TO = 1293840000, 1767225600  # 2011-01-01 and 2026-01-01
HORIZON = 1775000000  # zones may change their minds after this

ZONES = """
UTC Europe/Riga Europe/Berlin Europe/London Europe/Dublin Europe/Istanbul Europe/Moscow
Europe/Chisinau America/New_York America/Los_Angeles America/St_Johns America/Havana
America/Santiago America/Asuncion America/Sao_Paulo America/Nuuk America/Phoenix
Asia/Kolkata Asia/Kathmandu Asia/Tokyo Asia/Tehran Asia/Beirut Asia/Amman
Africa/Cairo Africa/Casablanca Africa/Lagos Atlantic/Azores Antarctica/Troll
Antarctica/Casey Australia/Sydney Australia/Lord_Howe Pacific/Auckland
Pacific/Chatham Pacific/Apia Pacific/Norfolk Pacific/Honolulu
""".split()

# Around the hours in which clocks are changed.
NIGHT = """
00:00 | 00:30 | 01:00 | 01:30 | 01:59:59 | 02:00 | 02:00:01 | 02:15 | 02:30 | 02:59:59
03:00 | 03:30 | 03:59:59 | 04:00 | 23:30 | 23:59:59
*:0/30 | *:0/15 | *:*:0/20 | *:*:* | minutely | hourly | daily | *:30 | *:59:59
0..4:30 | 1,2,3:00,30 | 0/2:15 | 1/2:45 | 0..3/3:* | 2:* | 2:*:* | 3:0..20/5 | 0:*:30
Sun 02:30 | Sun *-*-* 03:30 | Sat,Sun 1..3:15 | Sun *-03-25..31 02:30 | Sun *-10-25..31 02:30
Sun *-10-25..31 01:0/20 | Sun *-3-8..14 2:30 | Sun *-11-1..7 1:30 | *-*-* 03:30 Europe/Riga
02:30 America/New_York | *:0/30 UTC | 00:30 Pacific/Auckland | *-*~1..7 02:30 | *-3~1..7 1..3:30
03:00\\n03:30 | 02:30\\n02:30 UTC | *:0/30\\n*:15 | 02:30 Europe/Berlin\\n02:30 America/New_York\\n02:30
*:*:0/30\\nhourly UTC
"""
ANY = """
weekly | monthly | yearly | annually | quarterly | semiannually | Daily | WEEKLY UTC
Mon..Fri 09:00 | Mon-Fri 17:30:15 | Sat,Sun 12:00 | Monday, 8:00 | Tue..Thu,Sat *-*-1..7 6:00
*-*~1 | *-*~1 12:00 | *-2~1 | *~3 | *-*~1..3 18:00 | *-*~9/3 | *-*~1..10/4 | *-*~* 1:00 | *-*~28
*-*~29..31 | *-*~31..31 0:30 | Fri *-*~1..7 16:00 | *-02-29 | Mon *-02-29 | *-*-31
*-*-1,15 00:30 | *-1/3-1 | *-*-1/10 7:00 | *-*-5..5/7 | 2020-01-01 | 2024-*-* 12:00 | 12..25-6-1
2012/4-02-29 10:00 | 15,16,2019..2021-*-1 4:00 | 70..15-1-1 | 2199-12-31 23:59:59 | 1-1 | 12-31 23:59:59
2023/100-*-* | *-6..9-* 6/6:0 | Fri *-*-13 | 2025-12-31 23:59:59\\n*-*~1 | 2016-*-*\\n2014-*-* 3:00
Mon UTC | *-*-* 06:00 Asia/Tokyo | 9:00 Asia/Kolkata\\n9:00 America/Los_Angeles\\n9:00 Pacific/Apia
"""


def pool(text: str) -> list[str]:
    items = text.replace("\n", "|").split("|")
    return [s.strip().replace("\\n", "\n") for s in items if s.strip()]


def answers(text: str, start: datetime) -> list[int]:
    at = int(start.timestamp())
    found = set()
    for line in text.split("\n"):
        later = (int(t.timestamp()) for t in OnCalendar(line, start))
        found.update(islice((t for t in later if t > at), 3))
    return sorted(found)[:3]


def changes(zone: ZoneInfo) -> list[int]:
    """The instants at which the zone's offset changes."""

    def offset(at: int) -> timedelta:
        return datetime.fromtimestamp(at, zone).utcoffset()

    found = []
    for day in range(FROM, TO, 86400):
        low, high = day, day + 86400
        if offset(low) == offset(high):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            if offset(middle) == offset(low):
                low = middle
            else:
                high = middle
        found.append(high)
    return found


# Random expressions.


def number(rng: random.Random, low: int, high: int) -> str:
    n = rng.randint(low, high)
    return rng.choice((str(n), str(n), f"{n:02}"))


def term(rng: random.Random, low: int, high: int) -> str:
    kind = rng.randrange(5)
    a, b = sorted((rng.randint(low, high), rng.randint(low, high)))
    step = rng.randint(1, max(2, (high - low) // 3))
    if kind == 0:
        return f"{a}..{b}"
    if kind == 1:
        return f"{a}..{b}/{step}"
    if kind == 2:
        return f"{a}/{step}"
    return number(rng, low, high)


def part(rng: random.Random, low: int, high: int, star: float) -> str:
    if rng.random() < star:
        return "*"
    return ",".join(term(rng, low, high) for _ in range(rng.choice((1, 1, 1, 2, 3))))


def weekday(rng: random.Random) -> str:
    names = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

    def one() -> str:
        a, b = sorted((rng.randrange(7), rng.randrange(7)))
        a, b = (n if rng.random() < 0.2 else n[:3] for n in (names[a], names[b]))
        return rng.choice((a, a, f"{a}..{b}", f"{a}-{b}"))

    text = ",".join(one() for _ in range(rng.choice((1, 1, 2))))
    return rng.choice((text, text.lower(), text.upper(), text + ","))


def date(rng: random.Random) -> str:
    year = rng.choice(("", "", "*-", "*-", "*-", part(rng, 2011, 2026, 0.3) + "-"))
    month = part(rng, 1, 12, 0.6)
    if rng.random() < 0.3:
        return f"{year}{month}~{part(rng, 1, 28, 0.05)}"
    return f"{year}{month}-{part(rng, 1, 31, 0.4)}"


def clock(rng: random.Random) -> str:
    hour = part(rng, 0, rng.choice((4, 23)), 0.35)
    minute = rng.choice((part(rng, 0, 59, 0.2), "0", "30", "0/30"))
    second = rng.choice(("", "", "", ":" + part(rng, 0, 59, 0.2)))
    return f"{hour}:{minute}{second}"


def expression(rng: random.Random) -> str:
    words = []
    if rng.random() < 0.25:
        words.append(weekday(rng))
    if rng.random() < 0.5:
        words.append(date(rng))
    if not words or rng.random() < 0.9:
        words.append(clock(rng))
    if rng.random() < 0.15:
        words.append(rng.choice(ZONES))
    return " ".join(words)


def schedule(rng: random.Random) -> str:
    return "\n".join(expression(rng) for _ in range(rng.choice((1, 1, 1, 1, 2, 3))))


# What is written.


def starts(rng: random.Random, cuts: list[int], night: bool) -> list[int]:
    """Mostly close to a change, and at it, and within the hour shown twice."""
    found = []
    for _ in range(7):
        if cuts and (night or rng.random() < 0.6):
            cut = rng.choice(cuts)
            found.append(cut + rng.choice((-1, 0, 1, -1800, 1800, 3599, 3600, rng.randint(-7200, 7200),
                                           rng.randint(0, 3600), rng.randint(-100000, 20000))))
        else:
            found.append(rng.randint(FROM, TO))
    return sorted(set(found))


def write_next(rng: random.Random) -> None:
    night, anytime = pool(NIGHT), pool(ANY)
    count = 0
    with open("next.txt", "w") as file:
        for name in ZONES:
            zone = ZoneInfo(name)
            cuts = changes(zone)
            asked = [(text, True) for text in rng.sample(night, 22)]
            asked += [(text, False) for text in rng.sample(anytime, 10)]
            asked += [(schedule(rng), rng.random() < 0.6) for _ in range(14)]
            for text, near in asked:
                if not taken(text):
                    continue
                columns = []
                for at in starts(rng, cuts, near):
                    found = answers(text, datetime.fromtimestamp(at, UTC).astimezone(zone))
                    if found and found[-1] > HORIZON and (cuts or len(text.split()) > 1):
                        continue
                    steps = (b - a for a, b in zip([at] + found, found))
                    columns.append(f"{at}:{','.join(map(str, steps))}")
                if columns:
                    count += len(columns)
                    print(name, json.dumps(text), *columns, sep="\t", file=file)
    print(count, "starts in next.txt")


CASES = [
    "", " ", "\n", "12", "0", "*", "* *", "* * * * *", "0 0 * * *", "@daily", "surprise", "12:34\nsurprise",
    "12:34", "12:34\n12:35", "12:34\n\n12:35", "\n12:34\n", " 12:34 \n 12:35 ", "12:34\r\n12:35", "12:34\n \n1:00",
    "daily", "Daily", "DAILY", "daily UTC", "daily  Europe/Riga", "UTC daily", "daily daily", "Mon daily", "daily 12:00",
    "minutely", "hourly", "weekly", "monthly", "yearly", "annually", "quarterly", "semiannually", "semi-annually",
    "bi-annually", "biannually", "weekly Mon", "dailyy", "fortnightly",
    "UTC", "Europe/Riga", "12:00 Europe/Riga", "12:00 europe/riga", "12:00 Europe/Nowhere", "12:00 Europe", "12:00 EST",
    "12:00 EST5EDT", "12:00 Etc/GMT+5", "12:00 GMT", "12:00 Zulu", "12:00 US/Eastern", "12:00 Europe/Kiev", "12:00 Local",
    "12:00 local", "12:00 +02:00", "12:00 UTC+2", "12:00 UTC UTC", "12:00 Europe/Riga UTC", "UTC 12:00", "Mon UTC",
    "2030-01-01 UTC", "12:00 ../UTC", "12:00 /UTC", "12:00 Europe//Riga", "12:00 Europe/./Riga", "12:00 ./UTC", "12:00 UTC/",
    "12:00\tUTC", "Mon\t12:00", "Mon\t12:00 UTC", "Mon 12:00\tUTC", "\t12:00\t", "12:00\tUTC\n1:00",
    "12:00:00", "12:00:60", "12:60", "24:00", "23:59:59", "0:0", "0:0:0", "00:00:00", "1:2:3", "12:", ":12", ":", "::", "12::",
    "12:00:", "1:2:3:4", "12:00:00.5", "12:00:0.5", "12:00:00.000", "-1:00", "+1:00", "1_0:00", "012:00", "0000012:00",
    "12:00000000000000000000000000000", "99999999999999999999999:00", "12h", "12:00pm", "12.30", "12:00 12:00",
    "*:*", "*:*:*", "*/2:00", "*,1:00", "1,*:00", "*..5:00", "**:00", "*:*/5", "*:0/5", "*:5/0", "*:5/", "*:/5", "*:/", "*:0/-5",
    "*:0/999999999999999999999999", "*:0/1/2", "*:0/1..2", "*:1..5/2", "*:1..5/9", "*:5..1", "*:5..5", "*:5..5/3", "*:1..", "*:..5",
    "*:..", "*:1...5", "*:1..5..9", "*:1.5", "*:1-5", "1-5:00", "*:1,2,3", "*:1,,3", "*:,1", "*:1,", "*:1,2..3,4/50", "*: 5", "1 :00",
    "*:0..59", "*:0..60", "*:60/2", "1..3,5/2:0", "~1:00", "1~:00", "*:~5", "*:0~5",
    "Mon", "mon", "MON", "Monday", "MonDay", "Mond", "Mo", "M", "Mon,Tue", "Mon, Tue", "Mon,", "Mon,,", ",", ",Mon", "Mon,,Tue",
    "Mon..Fri", "Mon-Fri", "Mon..Fri,", "Mon..Mon", "Fri..Mon", "Sun..Mon", "Mon..", "..Mon", "Mon-", "-Mon", "Mon--Fri",
    "Mon...Fri", "Mon..Wed..Fri", "Mon-Wed-Fri", "Mon..Fri/2", "Mon/2", "*Mon", "* 12:00", "*,Mon", "Mon *", "Mon 12", "Mon~Fri",
    "Mon Tue", "Mon Tue 12:00", "12:00 Mon", "Mon 12:00 Mon", "Mon,Sun 12:00", "Mon-Wed,Fri-Sun 1:00", "1 12:00", "0..4 12:00",
    "Mon, 12:00", "Mon , 12:00", "Mon.Fri", "Tues", "Weds", "Thur", "Thurs", "Mon..Friday", "Saturday,Sunday",
    "1-1", "01-01", "*-1", "1-*", "*-*", "*-*-*", "*-*-*-*", "2030-1-1", "2030-01-01", "2030-01", "2030", "1-2030", "-1-1", "1--1",
    "1-1-", "-", "--", "*--1", "*-", "2030-1-1 ", "30-1-1", "0-1-1", "00-1-1", "69-1-1", "70-1-1", "70/10-1-1", "99-1-1",
    "100-1-1", "199-1-1", "1969-1-1", "1970-1-1", "1999-12-31 23:59:59", "1999-1-1\n12:00", "2000-01-01", "2000-01-01 00:00:01",
    "2000-01-02", "2199-12-31", "2200-01-01", "2200-*-*", "1970..2199-1-1", "1970..2200-1-1", "5..70-1-1", "70..5-1-1", "1990-*-*",
    "2015-10-21 07:28", "2030-1/3-1", "*-1..12-1", "*-0-1", "*-13-1", "*-1-0", "*-1-32", "*-02-29", "*-02-30", "*-2-30,28",
    "*-2-31", "*-4-31", "*-4,5-31", "2023-02-29", "2024-02-29", "Mon 2023-02-28", "Tue 2023-02-28", "Mon *-02-29", "2025-1-1,2",
    "*-1..3/2-1", "*-*/2-1", "*/2-*-*", "*-*-*/2", "*-*-1/2", "*-*-1,*", "*-*-1..31", "*-*-1..", "*-Jan-1", "1/1", "1/1-1", "2030/01/01",
    "2030.01.01", "*-*-* 12:00", "*-*-*T12:00", "2030-01-01T12:00", "2030-01-01T12:00:00Z", "*-*-* *-*-*", "12:00 *-*-*",
    "*-*~1", "*~1", "~1", "*-*~", "*~", "~", "1~1", "*-2~1", "2030~1~2", "2030~1-2", "2030-1~2", "*-*-~1", "*-~1", "*-*~~1", "*-*~1~2",
    "*-*~1,2", "*-*~1,~2", "*-*~0", "*-*~28", "*-*~29", "*-*~29/2", "*-*~31", "*-*~1..31", "*-*~29..31", "*-*~31..31", "*-2~29..29",
    "*-2~30..30", "*-*~5..1", "*-*~1/2", "*-*~5/2", "*-*~5/5", "*-*~5/0", "*-*~*", "*-*~*/2", "*-*~1,*", "*-*~32", "*-*~1..32", "*-*~-1",
    "*-*~1-1", "*-* ~1", "*-*~ 1", "Mon *~7/1", "*-*~1 12:00 UTC", "*-2~31..31", "*-4~31..31",
    "9:00 Europe/Riga\n9:00 Asia/Tokyo", "1999-1-1\n1998-1-1", "12:00 # noon", "12:00;13:00", "12:00,13:00", "12:00 and 13:00",
    "TZ=UTC 12:00", "CRON_TZ=UTC 0 0 * * *", "Mon\u2013Fri", "Mon..Fri 9:00\u00a0UTC", "\uff11\uff12:00", "\u0661:00", "12\uff1a00",
    "12:00\u00a0", "Mon\u00a012:00", "Mon\u00a012:00 UTC", "Mon 12:00\u00a0UTC", "1e1:00", "0x1:00", "12:00\u0000", "\u0000",
]


def taken(text: str) -> bool:
    try:
        next(OnCalendar(text, datetime(2000, 1, 1, tzinfo=UTC)))
    except Exception:  # also what it does not expect itself, such as a folder for a zone
        return False
    return True


def mangled(rng: random.Random, text: str) -> str:
    letters = list(text)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        at = rng.randrange(len(letters) + 1)
        kind = rng.randrange(3)
        if kind == 0 and at < len(letters):
            del letters[at]
        elif kind == 1 and at < len(letters):
            letters[at] = rng.choice("0123456789*-~:,./ \nMonSut")
        else:
            letters.insert(at, rng.choice("0123456789*-~:,./ \nMonSut"))
    return "".join(letters)


def write_parse(rng: random.Random) -> None:
    texts = CASES + pool(ANY) + pool(NIGHT)
    texts += [schedule(rng) for _ in range(60)]
    texts += [mangled(rng, rng.choice((expression(rng), rng.choice(CASES[3:])))) for _ in range(500)]
    with open("parse.txt", "w") as file:
        for text in dict.fromkeys(texts):
            print("+" if taken(text) else "-", json.dumps(text), sep="\t", file=file)
    print(len(dict.fromkeys(texts)), "texts in parse.txt")


if __name__ == "__main__":
    write_next(random.Random(2013))
    write_parse(random.Random(2012))
