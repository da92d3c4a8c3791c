"""Reads JUnit's XML with junitparser, and prints each case with what became of it."""
import sys

from junitparser import Error, Failure, JUnitXml, Skipped

for suite in JUnitXml.fromfile(sys.argv[1]):
    for case in suite:
        words = {Failure: "failed", Error: "error", Skipped: "skipped"}
        result = words[type(case.result[0])] if case.result else "passed"
        message = case.result[0].message if case.result and case.result[0].message else ""
        print(f"{suite.name}|{case.name}|{result}|{message}")
