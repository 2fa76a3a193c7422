"""Holds every number that a report shows, by any face, to its JSON.

usage: faces.py REPORT_FOLDER

Prints, by face, how many numbers were looked up and which were not found, and how many cells of the
workbook are formulas. A number is found where a
figure of the JSON rounds to it: as it is, in per cent, or in days where it is in hours. Dates, versions,
ids and levels of intervals are no numbers.
"""

import bisect
import csv
import json
import pathlib
import re
import sys
from html.parser import HTMLParser

import openpyxl

MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
NO_NUMBERS = re.compile(
    rf"""\d{{4}}-\d\d-\d\d(T[\d:.]+Z?)?          # 2026-11-16T08:00:00Z
       | \d{{1,2}}\ ({MONTHS})(\ \d{{4}})?(\ \d\d:\d\d)?  # 16 Nov 2026 08:00
       | \d{{4}}-W\d\d
       | week\ \d+\ of\ \d{{4}}
       | \b[A-Za-z_]*[A-Za-z]-?\d+\b                  # APP-80, s1, v2
       | \bv?\d+\.\d+\.\d+[-.\w]*                    # 2.4.0-beta.1
       | \b(80|95)\ ?%(\ interval|:)                 # the level of an interval
       | &\#?\w+;""",
    re.X,
)
NUMBER = re.compile(r"(?<![\w.])[-−]?\d[\d,]*(\.\d+)?")


def tokens(text):
    """The numbers of a text, each with its decimals."""
    for found in NUMBER.finditer(NO_NUMBERS.sub(" ", text)):
        plain = found.group().replace(",", "").replace("−", "-")
        yield float(plain), len(plain.partition(".")[2])


class Said(HTMLParser):
    """What a page says: no style, and of a drawing its title and its words."""

    def __init__(self):
        super().__init__()
        self.skipped, self.words, self.titles = [], [], 0

    def handle_starttag(self, tag, attrs):
        if tag in ("style", "svg"):
            self.skipped.append(tag)
        self.titles += tag in ("title", "desc")

    def handle_endtag(self, tag):
        if self.skipped and self.skipped[-1] == tag:
            self.skipped.pop()
        self.titles -= tag in ("title", "desc")

    def handle_data(self, data):
        if not self.skipped or (self.titles and "style" not in self.skipped):
            self.words.append(data)


def of_page(path):
    said = Said()
    said.feed(path.read_text())
    return list(tokens("\n".join(said.words)))


def figures(value):
    """All figures of a document: numbers, those within texts, and how long lists are."""
    if isinstance(value, dict):
        yield from (figure for part in value.values() for figure in figures(part))
    elif isinstance(value, list):
        yield float(len(value))
        yield from (figure for part in value for figure in figures(part))
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield float(value)
    elif isinstance(value, str):
        yield from (figure for figure, _ in tokens(value))


class Known:
    def __init__(self, document):
        found = {abs(figure) for figure in figures(document)}
        self.sorted = sorted({figure * unit for figure in found for unit in (1, 100, 1 / 24)})

    def holds(self, number, decimals):
        """Whether a figure rounds to the number; a half may go either way."""
        reach = 0.5 * 10**-decimals * (1 + 1e-6) + 1e-12
        place = bisect.bisect_left(self.sorted, abs(number) - reach)
        return place < len(self.sorted) and self.sorted[place] <= abs(number) + reach


def cells(path):
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        header = next(rows)
        kinds = KINDS[path.name]
        for row in rows:
            for name, cell in zip(header, row):
                if cell and kinds[name] in ("integer", "number"):
                    yield float(cell), len(cell.partition(".")[2])


def of_workbook(path):
    book = openpyxl.load_workbook(path)
    for sheet in book:
        if sheet.title in ("dictionary", "charts"):
            continue
        for row in sheet.iter_rows(values_only=True):
            for cell in row[: 1 if sheet.title == "overview" else None]:
                if isinstance(cell, str) and sheet.title == "overview":
                    yield from tokens(cell)
                elif isinstance(cell, (int, float)) and not isinstance(cell, bool):
                    yield float(cell), len(repr(cell).partition(".")[2])


folder = pathlib.Path(sys.argv[1])
manifest = json.loads(next(folder.glob("manifest*.json")).read_text())
KINDS = {
    table["path"]: {field["name"]: field["type"] for field in table["schema"]["fields"]}
    for table in manifest["resources"]
    if table["name"] != "dictionary"
}
page = next(folder.glob("*.html"))
known = Known(json.loads(page.with_suffix(".json").read_text()))
markdown = page.with_suffix(".md").read_text().replace("\\", "")
faces = {
    "html": of_page(page),
    "markdown": list(tokens(markdown)),
    "csv": [number for name in KINDS for number in cells(folder / name)],
    "workbook": list(of_workbook(page.with_suffix(".xlsx"))),
}
for words in sys.argv[2:]:
    path = pathlib.Path(words)
    faces[path.name] = list(tokens(path.read_text()))
answer = {
    name: {"numbers": len(found), "unknown": sorted({n for n, d in found if not known.holds(n, d)})}
    for name, found in faces.items()
}
book = openpyxl.load_workbook(page.with_suffix(".xlsx"))
answer["formulas"] = sum(
    cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row
)
answer["planted"] = known.holds(7654321, 0) or known.holds(0.123456789, 9)
print(json.dumps(answer))
