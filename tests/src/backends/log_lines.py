"""Reads lines of JSON from standard input: what was logged, and the same by ECS and by plain JSON. Prints how many events there were."""

import json
import sys


def unique(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"a key is there twice: {keys}")
    return dict(pairs)


def read(line):
    return json.loads(line, object_pairs_hook=unique)


# Not by `splitlines`, which takes more for the end of a line than a line feed.
lines = sys.stdin.buffer.read().decode("utf-8").split("\n")[:-1]
for logged, ecs, plain in zip(lines[0::3], lines[1::3], lines[2::3], strict=True):
    logged, ecs, plain = read(logged), read(ecs), read(plain)
    found = {
        "message": ecs["message"],
        "text": ecs["labels"]["text"],
        "number": int(ecs["labels"]["number"]),
        "share": float(ecs["labels"]["share"]),
        "path": ecs["url"]["path"],
        "status": ecs["http"]["response"]["status_code"],
        "span": ecs["labels"]["span_text"],
    }
    assert found == logged, (found, logged)
    found = {
        "message": plain["message"],
        "text": plain["text"],
        "number": plain["number"],
        "share": plain["share"],
        "path": plain["url.path"],
        "status": plain["http.response.status_code"],
        "span": plain["span.text"],
    }
    assert found == logged, (found, logged)
print(len(lines) // 3)
