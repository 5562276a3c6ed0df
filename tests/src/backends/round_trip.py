"""Reads registries from standard input, each a line of JSON with its expositions and the facts that they must tell.

Prints how many it read. Ends with a failure at the first that reads back as anything else.
"""

import json
import math
import os
import sys
from itertools import accumulate

# Debian's other implementation needs a library of its own.
os.environ["PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"] = "python"

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.internal.decoder import _DecodeVarint32
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open_metrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

FIELD = descriptor_pb2.FieldDescriptorProto
# The part of io.prometheus.client that the registry writes: message, field, number, type or message, repeated.
SCHEMA = {
    "LabelPair": [("name", 1, FIELD.TYPE_STRING, False), ("value", 2, FIELD.TYPE_STRING, False)],
    "Timestamp": [("seconds", 1, FIELD.TYPE_INT64, False), ("nanos", 2, FIELD.TYPE_INT32, False)],
    "Exemplar": [
        ("label", 1, "LabelPair", True),
        ("value", 2, FIELD.TYPE_DOUBLE, False),
        ("timestamp", 3, "Timestamp", False),
    ],
    "Gauge": [("value", 1, FIELD.TYPE_DOUBLE, False)],
    "Counter": [("value", 1, FIELD.TYPE_DOUBLE, False), ("created", 3, "Timestamp", False)],
    "Bucket": [
        ("count", 1, FIELD.TYPE_UINT64, False),
        ("bound", 2, FIELD.TYPE_DOUBLE, False),
        ("exemplar", 3, "Exemplar", False),
    ],
    "Span": [("offset", 1, FIELD.TYPE_SINT32, False), ("length", 2, FIELD.TYPE_UINT32, False)],
    "Histogram": [
        ("count", 1, FIELD.TYPE_UINT64, False),
        ("sum", 2, FIELD.TYPE_DOUBLE, False),
        ("bucket", 3, "Bucket", True),
        ("schema", 5, FIELD.TYPE_SINT32, False),
        ("zero_threshold", 6, FIELD.TYPE_DOUBLE, False),
        ("zero_count", 7, FIELD.TYPE_UINT64, False),
        ("negative_span", 9, "Span", True),
        ("negative_delta", 10, FIELD.TYPE_SINT64, True),
        ("positive_span", 12, "Span", True),
        ("positive_delta", 13, FIELD.TYPE_SINT64, True),
        ("created", 15, "Timestamp", False),
        ("exemplars", 16, "Exemplar", True),
    ],
    "Quantile": [("quantile", 1, FIELD.TYPE_DOUBLE, False), ("value", 2, FIELD.TYPE_DOUBLE, False)],
    "Summary": [
        ("count", 1, FIELD.TYPE_UINT64, False),
        ("sum", 2, FIELD.TYPE_DOUBLE, False),
        ("quantile", 3, "Quantile", True),
        ("created", 4, "Timestamp", False),
    ],
    "Metric": [
        ("label", 1, "LabelPair", True),
        ("gauge", 2, "Gauge", False),
        ("counter", 3, "Counter", False),
        ("summary", 4, "Summary", False),
        ("histogram", 7, "Histogram", False),
    ],
    "MetricFamily": [
        ("name", 1, FIELD.TYPE_STRING, False),
        ("help", 2, FIELD.TYPE_STRING, False),
        ("type", 3, FIELD.TYPE_INT32, False),
        ("metric", 4, "Metric", True),
        ("unit", 5, FIELD.TYPE_STRING, False),
    ],
}
KINDS = {0: "counter", 1: "gauge", 2: "summary", 4: "histogram"}


def family_class():
    file = descriptor_pb2.FileDescriptorProto(name="metrics.proto", package="io", syntax="proto2")
    for name, fields in SCHEMA.items():
        message = file.message_type.add(name=name)
        for field, number, kind, repeated in fields:
            label = FIELD.LABEL_REPEATED if repeated else FIELD.LABEL_OPTIONAL
            field = message.field.add(name=field, number=number, label=label)
            if isinstance(kind, str):
                field.type, field.type_name = FIELD.TYPE_MESSAGE, ".io." + kind
            else:
                field.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("io.MetricFamily"))


MetricFamily = family_class()


class Creation:
    """When series may have been made, to the millisecond; "in time" if one was."""

    def __init__(self, began, ended):
        self.began, self.ended = began, ended

    def judge(self, created):
        return "in time" if self.began <= created <= self.ended else created


def of_texts(families, creation):
    for family in families:
        name = family.name + ("_total" if family.type == "counter" else "")
        yield "family", name, {}, [family.type, family.documentation]
        if family.unit:
            yield "unit", name, {}, family.unit
        for sample in family.samples:
            if sample.name == family.name + "_created":
                yield "created", name, sample.labels, creation.judge(round(sample.value * 1000))
                continue
            yield "sample", sample.name, sample.labels, sample.value
            if sample.exemplar:
                labels, value, at = sample.exemplar
                yield "exemplar", sample.name, sample.labels, [labels, value, milliseconds(at.sec, at.nsec)]


def of_messages(content, creation):
    at = 0
    while at < len(content):
        length, at = _DecodeVarint32(content, at)
        family = MetricFamily.FromString(content[at : at + length])
        at += length
        kind = KINDS[family.type]
        yield "family", family.name, {}, [kind, family.help]
        if family.unit:
            yield "unit", family.name, {}, family.unit
        for metric in family.metric:
            labels = labels_of(metric)
            value = getattr(metric, kind)
            yield from READERS[kind](family.name, labels, value)
            if kind != "gauge" and value.HasField("created"):
                yield "created", family.name, labels, creation.judge(time_of(value.created))


def numbers(name, labels, number):
    yield "sample", name, labels, number.value


def summaries(name, labels, summary):
    for quantile in summary.quantile:
        yield "sample", name, {**labels, "quantile": quantile.quantile}, quantile.value
    yield "sample", name + "_sum", labels, summary.sum
    yield "sample", name + "_count", labels, summary.count


def histograms(name, labels, histogram):
    for bucket in histogram.bucket:
        of_bucket = {**labels, "le": bucket.bound}
        yield "sample", name + "_bucket", of_bucket, bucket.count
        if bucket.HasField("exemplar"):
            yield "exemplar", name + "_bucket", of_bucket, exemplar(bucket.exemplar)
    yield "sample", name + "_sum", labels, histogram.sum
    yield "sample", name + "_count", labels, histogram.count
    if histogram.HasField("schema"):
        yield "native", name, labels, [
            histogram.schema,
            histogram.zero_threshold,
            histogram.zero_count,
            buckets(histogram.positive_span, histogram.positive_delta),
            buckets(histogram.negative_span, histogram.negative_delta),
        ]
        if not histogram.bucket:
            # A scraper takes the count for that of the one bucket that texts have.
            yield "sample", name + "_bucket", {**labels, "le": math.inf}, histogram.count
            yield "exemplars", name, labels, [exemplar(kept) for kept in histogram.exemplars]


READERS = {"counter": numbers, "gauge": numbers, "summary": summaries, "histogram": histograms}


def buckets(spans, deltas):
    """The index and the count of each: spans tell gaps between them, deltas what is more than in the one before."""
    counts, index, read = accumulate(deltas), 0, []
    for span in spans:
        index += span.offset
        for _ in range(span.length):
            read.append([index, next(counts)])
            index += 1
    assert next(counts, None) is None, "there are counts without a bucket"
    return read


def exemplar(kept):
    return [labels_of(kept), kept.value, time_of(kept.timestamp)]


def labels_of(message):
    return {label.name: label.value for label in message.label}


def time_of(timestamp):
    return milliseconds(timestamp.seconds, timestamp.nanos)


def milliseconds(seconds, nanoseconds):
    return seconds * 1000 + nanoseconds // 1_000_000


def gathered(facts):
    read = {}
    for about, name, labels, fact in facts:
        # Bounds and quantiles may be written in more than one way.
        labels = tuple(sorted((k, float(v) if k in ("le", "quantile") else v) for k, v in labels.items()))
        key = about, name, labels
        assert key not in read, f"{key} is there twice"
        read[key] = number(fact) if about == "sample" else fact
    return read


def number(value):
    value = float(value)
    return "NaN" if math.isnan(value) else value


def check(registry):
    creation = Creation(*registry["created"])
    held = {"text": {}, "open_metrics": {}, "protobuf": {}}
    for formats, facts in registry["held"].items():
        facts = gathered(facts)
        for form in formats.split():
            held[form].update(facts)
    for form, facts in (
        ("text", of_texts(parse_text(registry["text"]), creation)),
        ("open_metrics", of_texts(parse_open_metrics(registry["open_metrics"]), creation)),
        ("protobuf", of_messages(registry["protobuf"].encode("latin-1"), creation)),
    ):
        read, expected = gathered(facts), held[form]
        if read != expected:
            wrong = {fact: (expected.get(fact), read.get(fact)) for fact in expected.keys() | read.keys()
                     if expected.get(fact) != read.get(fact)}
            sys.exit(f"{form}: held and read differ: {wrong}\n{registry['text']}")


count = 0
for line in sys.stdin:
    check(json.loads(line))
    count += 1
print(count)
