"""Prints the metric families of the text exposition on standard input as JSON."""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families

json.dump(
    [
        {
            "name": family.name,
            "kind": family.type,
            "help": family.documentation,
            # Values as strings: JSON knows no infinity.
            "samples": [
                {"name": sample.name, "labels": sample.labels, "value": repr(float(sample.value))}
                for sample in family.samples
            ],
        }
        for family in text_string_to_metric_families(sys.stdin.read())
    ],
    sys.stdout,
)
