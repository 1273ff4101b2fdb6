"""Notebooks as nbformat writes them, and messages as jupyter_client signs them -> test/fixtures/notebook.

usage: python notebook.py

Made with nbformat 5.11.1 and jupyter_client 8.10.0: pip install nbformat==5.11.1 jupyter_client==8.10.0
"""
import datetime
import json
import pathlib

import nbformat
from jupyter_client.session import Session
from nbformat import v4

out = pathlib.Path(__file__).parent.parent / "fixtures" / "notebook"
out.mkdir(parents=True, exist_ok=True)

# Line ends of every kind, keys in no order, lists and objects without members, characters beyond 16 bits.
odd = "one\r\ntwo\rthree\x0bfour\x0cfive\x1csix\x1dseven\x1eeight\x85nine\u2028ten\u2029eleven\n\n\ttab \x1b[1m\x7f\x00 \"quoted\" \\ / 意图 😀"
outputs = [
    v4.new_output("stream", name="stdout", text=odd),
    v4.new_output("stream", name="stderr", text=""),
    v4.new_output("stream", name="stdout", text="no end of line"),
    v4.new_output(
        "display_data",
        data={
            "text/plain": "a\nb",
            "text/html": ["<p>\n", "</p>\n"],
            "image/svg+xml": "<svg>\n</svg>",
            "image/png": "iVBORw0K\nGgo=\n",
            "application/javascript": "f()\ng()",
            "application/json": {"b": "x\ny", "a": [], "10": 1, "9": {}, "B": None, "_": True, "é": 0.5, "😀": -3, "\uffee": 2},
            "application/vnd.plotly.v1+json": {"data": [{"y": [1, 2.5, 1e21, -0.001, 123456789012]}], "layout": {}},
        },
        metadata={"image/png": {"width": 7, "height": 5}},
    ),
    v4.new_output("execute_result", data={"text/plain": "3"}, execution_count=2),
    v4.new_output("error", ename="TypeError", evalue="x\ny", traceback=["one\ntwo", "three"]),
]
notebook = v4.new_notebook(
    metadata={"kernelspec": {"name": "tslab", "language": "typescript", "display_name": "TypeScript"}, "a": {}},
    cells=[
        v4.new_markdown_cell("# Title\n\ntext", id="title"),
        v4.new_markdown_cell("", id="empty-text"),
        v4.new_raw_cell("raw", id="raw", metadata={"format": "text/x"}),
        v4.new_code_cell("", id="empty"),
        v4.new_code_cell("const x = 1;\nx + 2", id="code", execution_count=2, outputs=outputs),
        v4.new_code_cell(odd, id="odd", execution_count=None),
    ],
)
nbformat.validate(notebook)
nbformat.write(notebook, out / "odd.ipynb")

# The same cells in the format before ids.
old = json.loads((out / "odd.ipynb").read_text(encoding="utf-8"))
old["nbformat_minor"] = 4
for cell in old["cells"]:
    del cell["id"]
nbformat.write(nbformat.from_dict(old), out / "old.ipynb", version=nbformat.NO_CONVERT)

# A session dates and signs its messages; fixed dates and ids give the same bytes again.
session = Session(key=b"7f3c-key", session="session-1", username="someone", check_pid=False)
date = datetime.datetime(2024, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc)


def frames(kind, content, parent):
    header = {"msg_id": f"{kind}-1", "msg_type": kind, "username": "someone", "session": "session-1", "date": date, "version": "5.3"}
    message = session.msg(kind, content=content, parent=parent, header=header)
    return [f.decode("utf-8") for f in session.serialize(message, ident=[b"address", b"kernel.stream"])]


parent = {"msg_id": "request-5", "msg_type": "execute_request", "username": "u", "session": "s", "date": date, "version": "5.3"}
messages = [
    {"frames": frames("stream", {"name": "stdout", "text": "意图 😀\n"}, parent), "type": "stream", "parent": "request-5", "content": {"name": "stdout", "text": "意图 😀\n"}},
    {"frames": frames("status", {"execution_state": "idle"}, None), "type": "status", "parent": "", "content": {"execution_state": "idle"}},
]
(out / "messages.json").write_text(json.dumps({"key": "7f3c-key", "messages": messages}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
