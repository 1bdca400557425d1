"""The emulator (MiniStack) over TLS on port 443, with the API of Lambda's extensions, which it lacks.

    emulator.py CERTIFICATE KEY
"""

import asyncio
import json
import sys
import time

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.app import app
from ministack.core.lambda_runtime import ProvidedWorker

runtime_api = ProvidedWorker._build_handler_class


def with_extensions(worker, generation, pending):
    """The runtime API of one instance, at which the function mcp registers to be told of its shutdown."""

    class Extensions(runtime_api(worker, generation, pending)):
        def do_POST(self):
            if self.path != "/2020-01-01/extension/register":
                return super().do_POST()
            self._read_body()
            names = {"functionName": worker.func_name, "functionVersion": "$LATEST", "handler": "bootstrap"}
            answer = json.dumps(names).encode()
            self.send_response(200)
            self.send_header("Lambda-Extension-Identifier", "extension")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_GET(self):
            if self.path != "/2020-01-01/extension/event/next":
                return super().do_GET()
            # It subscribes to no event.
            while not worker._stopping:
                time.sleep(1)

    return Extensions


ProvidedWorker._build_handler_class = with_extensions
# MiniStack's own command cannot serve TLS on port 443 alone, and response URLs of CloudFormation have no other port.
config = Config()
config.bind = ["127.0.0.1:443"]
config.certfile, config.keyfile = sys.argv[1:]
asyncio.run(serve(app, config))
