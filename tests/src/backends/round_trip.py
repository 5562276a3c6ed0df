"""Reads registries from standard input, each a line of JSON with its expositions and the samples that they must have.

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
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as text

FIELD = descriptor_pb2.FieldDescriptorProto
# The part of io.prometheus.client that the registry writes: message, field, number, type or message, repeated.
SCHEMA = {
    "LabelPair": [("name", 1, FIELD.TYPE_STRING, False), ("value", 2, FIELD.TYPE_STRING, False)],
    "Number": [("value", 1, FIELD.TYPE_DOUBLE, False)],
    "Bucket": [("count", 1, FIELD.TYPE_UINT64, False), ("bound", 2, FIELD.TYPE_DOUBLE, False)],
    "Span": [("offset", 1, FIELD.TYPE_SINT32, False), ("length", 2, FIELD.TYPE_UINT32, False)],
    "Histogram": [
        ("count", 1, FIELD.TYPE_UINT64, False),
        ("sum", 2, FIELD.TYPE_DOUBLE, False),
        ("bucket", 3, "Bucket", True),
        ("schema", 5, FIELD.TYPE_SINT32, False),
        ("zero_count", 7, FIELD.TYPE_UINT64, False),
        ("negative_span", 9, "Span", True),
        ("negative_delta", 10, FIELD.TYPE_SINT64, True),
        ("positive_span", 12, "Span", True),
        ("positive_delta", 13, FIELD.TYPE_SINT64, True),
    ],
    "Quantile": [("quantile", 1, FIELD.TYPE_DOUBLE, False), ("value", 2, FIELD.TYPE_DOUBLE, False)],
    "Summary": [
        ("count", 1, FIELD.TYPE_UINT64, False),
        ("sum", 2, FIELD.TYPE_DOUBLE, False),
        ("quantile", 3, "Quantile", True),
    ],
    "Metric": [
        ("label", 1, "LabelPair", True),
        ("gauge", 2, "Number", False),
        ("counter", 3, "Number", False),
        ("summary", 4, "Summary", False),
        ("histogram", 7, "Histogram", False),
    ],
    "MetricFamily": [
        ("name", 1, FIELD.TYPE_STRING, False),
        ("help", 2, FIELD.TYPE_STRING, False),
        ("metric", 4, "Metric", True),
    ],
}


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


def check_native(histogram):
    """Each bucket is the one before and a delta, and all of them and the zero bucket are what was counted."""
    total = histogram.zero_count
    for spans, deltas in (
        (histogram.negative_span, histogram.negative_delta),
        (histogram.positive_span, histogram.positive_delta),
    ):
        assert sum(span.length for span in spans) == len(deltas), histogram
        total += sum(accumulate(deltas))
    assert total == histogram.count, histogram


def protobuf(content):
    at = 0
    while at < len(content):
        length, at = _DecodeVarint32(content, at)
        family = MetricFamily.FromString(content[at : at + length])
        at += length
        for metric in family.metric:
            labels = {label.name: label.value for label in metric.label}
            if metric.HasField("histogram"):
                histogram = metric.histogram
                for bucket in histogram.bucket:
                    bound = "+Inf" if math.isinf(bucket.bound) else bucket.bound
                    yield family.name + "_bucket", {**labels, "le": bound}, bucket.count
                if histogram.HasField("schema"):
                    check_native(histogram)
                yield family.name + "_sum", labels, histogram.sum
                yield family.name + "_count", labels, histogram.count
            elif metric.HasField("summary"):
                summary = metric.summary
                for quantile in summary.quantile:
                    yield family.name, {**labels, "quantile": quantile.quantile}, quantile.value
                yield family.name + "_sum", labels, summary.sum
                yield family.name + "_count", labels, summary.count
            else:
                number = metric.counter if metric.HasField("counter") else metric.gauge
                yield family.name, labels, number.value


def samples_of(families):
    return ((sample.name, sample.labels, sample.value) for family in families for sample in family.samples)


def key(name, labels):
    # Bounds and quantiles may be written in more than one way.
    return name, tuple(sorted((k, float(v) if k in ("le", "quantile") else v) for k, v in labels.items()))


def number(value):
    value = float(value)
    return "NaN" if math.isnan(value) else value


def gathered(samples):
    read = {}
    for name, labels, value in samples:
        sample = key(name, labels)
        assert sample not in read, f"{sample} is there twice"
        read[sample] = number(value)
    return read


count = 0
for line in sys.stdin:
    registry = json.loads(line)
    held = gathered((name, dict(labels), value) for name, labels, value in registry["samples"])
    for form, samples in (
        ("text", samples_of(text(registry["text"]))),
        ("OpenMetrics", samples_of(open_metrics(registry["open_metrics"]))),
        ("protobuf", protobuf(bytes.fromhex(registry["protobuf"]))),
    ):
        read = gathered(samples)
        if read != held:
            wrong = {sample: (held.get(sample), read.get(sample)) for sample in held.keys() | read.keys()
                     if held.get(sample) != read.get(sample)}
            sys.exit(f"{form}: held and read differ: {wrong}\n{registry['text']}")
    count += 1
print(count)
