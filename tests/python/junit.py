"""Reads test reports in JUnit XML as a CI service would: the cases of each, and how they ended."""

import json
import sys
import xml.etree.ElementTree as ET


def read(path):
    root = ET.parse(path).getroot()
    assert root.tag == "testsuites", root.tag
    cases = []
    for case in root.iter("testcase"):
        ended = next((child.tag for child in case), "passed")
        cases.append({"name": case.get("name"), "suite": case.get("classname"), "ended": ended})
    suite = root.find("testsuite")
    assert int(suite.get("tests")) == len(cases), path
    return {"cases": cases}


print(json.dumps([read(path) for path in sys.argv[1:]]))
