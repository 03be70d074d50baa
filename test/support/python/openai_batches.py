"""What the openai package makes of files and batches of the server that standard input names, as JSON."""

import json
import sys
import time

from openai import BadRequestError, NotFoundError, OpenAI

given = json.load(sys.stdin)
client = OpenAI(base_url=given["url"] + "/v1", api_key="none", max_retries=0)
lines = given["lines"]


def ended(batch):
    while batch.status not in ("completed", "failed", "expired", "cancelled"):
        time.sleep(0.05)
        batch = client.batches.retrieve(batch.id)
    return batch


def lines_of(file_id):
    return [json.loads(line) for line in client.files.content(file_id).text.splitlines()]


def run(lines):
    file = client.files.create(
        file=("requests.jsonl", "\n".join(lines).encode()),
        purpose="batch",
        expires_after={"anchor": "created_at", "seconds": 3600},
    )
    batch = client.batches.create(
        input_file_id=file.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        metadata={"by": "python"},
        output_expires_after={"anchor": "created_at", "seconds": 7200},
    )
    return file, ended(batch)


def status_of(kind, call):
    try:
        call()
    except kind as error:
        return error.status_code
    return None


file, batch = run(lines)
answers = lines_of(batch.output_file_id)
refusals = lines_of(batch.error_file_id)
output = client.files.retrieve(batch.output_file_id)
_, broken = run(["{"])
listed = [each.id for each in client.batches.list(limit=1)]
cancelled = client.batches.cancel(batch.id)
deleted = client.files.delete(file.id)
json.dump(
    {
        "file": [file.purpose, file.filename, file.expires_at - file.created_at],
        "batch": [batch.status, batch.metadata, batch.request_counts.model_dump()],
        "answers": [
            [line["custom_id"], line["response"]["body"]["choices"][0]["message"]["content"]]
            for line in answers
        ],
        "refusals": [[line["custom_id"], line["response"]["status_code"]] for line in refusals],
        "output": [output.purpose, output.expires_at - output.created_at],
        "broken": [broken.status, broken.errors.data[0].line, broken.errors.data[0].code],
        # Pages of one batch each: the client asks for all of them.
        "listed": listed == [broken.id, batch.id],
        "cancelled": cancelled.status,
        "deleted": [deleted.deleted, len(list(client.files.list(purpose="batch")))],
        "missing": status_of(NotFoundError, lambda: client.files.content(file.id)),
        "refused": status_of(
            BadRequestError,
            lambda: client.batches.create(
                input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
            ),
        ),
    },
    sys.stdout,
)
