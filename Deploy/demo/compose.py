#!/usr/bin/env python3
"""Writes the messages of the demonstration again, beside this file: the examples of Tests/Fixtures/messages, and two mails that cannot arrive."""
import argparse
import importlib.util
import pathlib

here = pathlib.Path(__file__).resolve().parent
source = here.parent.parent / "Tests/Fixtures/messages/compose.py"
spec = importlib.util.spec_from_file_location("compose", source)
compose = importlib.util.module_from_spec(spec)
spec.loader.exec_module(compose)

NAMES = {
    "oru-initial": "1-initial", "oru-replacement": "2-replacement", "oru-deletion": "3-deletion", "refused/other-patient": "4-refused-by-control",
    "oru-dmp-closed": "5-refused-by-dmp",
}


def mail(who, number, control, address):
    """A document for one professional alone, not for the DMP."""
    return compose.message(
        "ORU", "initial", who, compose.LETTER, [compose.cda(compose.LETTER, who, number)], control, {"DESTMSSANTEPS", "ACK_RECEPTION"},
        [compose.recipient(address)])


messages = {NAMES[name]: make() for name, make in compose.examples(argparse.Namespace(recipient=[])) if name in NAMES}
messages["6-recipient-refused"] = mail(compose.DELTA, "20260115.71", "DPI0000071", "refuse550@essai.mssante.example")
messages["7-recipient-bounced"] = mail(compose.ETA, "20260115.72", "DPI0000072", "lent@essai.mssante.example")
for name, data in messages.items():
    (here / "messages" / (name + ".hl7")).write_bytes(data)
