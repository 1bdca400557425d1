"""An MCP server with OAuth on FastMCP, for comparison: its provider in memory, which issues a code without a sign-in, and the
tool `get_memory`. The argument is the port."""

import sys

from fastmcp import FastMCP
from fastmcp.server.auth.auth import ClientRegistrationOptions
from fastmcp.server.auth.providers.in_memory import InMemoryOAuthProvider

port = int(sys.argv[1])
registration = ClientRegistrationOptions(enabled=True)
auth = InMemoryOAuthProvider(base_url="http://localhost", client_registration_options=registration)
server = FastMCP("Memories", auth=auth)
memories = {"1": "The key to the boat house hangs behind the kitchen door."}


@server.tool
def get_memory(id: str) -> dict[str, str]:
    """Returns a memory."""
    return {"id": id, "text": memories[id]}


server.run(
    transport="http", host="127.0.0.1", port=port, stateless_http=True, json_response=True, show_banner=False,
    log_level="ERROR", uvicorn_config={"access_log": False},
)
