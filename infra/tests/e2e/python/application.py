"""An application built on the Python SDK with its OAuth provider. ../approve.mjs is the user's browser."""

import asyncio
import os
import subprocess
import threading
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

BASE = os.environ["JEAN_BASE"]
MCP_URL = f"{BASE}/mcp"
DRIVER = Path(__file__).resolve().parents[1] / "approve.mjs"


class Application:
    """In-memory storage of the registration and tokens, as the SDK's TokenStorage."""

    def __init__(self, name):
        self.name = name
        self.tokens = None
        self.client = None
        self.visits = []
        self.requests = []

    def provider(self, redirect_uri="http://127.0.0.1/callback"):
        metadata = OAuthClientMetadata(
            client_name=self.name, redirect_uris=[redirect_uri], token_endpoint_auth_method="none"
        )
        return OAuthClientProvider(MCP_URL, metadata, self, self._open_browser, self._answer)

    @asynccontextmanager
    async def connected(self, provider):
        hooks = {"response": [self._note]}
        async with httpx2.AsyncClient(auth=provider, timeout=30, event_hooks=hooks) as http:
            async with Client(streamable_http_client(MCP_URL, http_client=http)) as client:
                yield client

    @asynccontextmanager
    async def signed_in(self):
        """Runs the flow from the first 401, with a callback listener (RFC 8252 §7.3)."""
        with ThreadingHTTPServer(("127.0.0.1", 0), Callback) as listener:
            listener.answers = self.answers = []
            threading.Thread(target=listener.serve_forever, daemon=True).start()
            try:
                provider = self.provider(f"http://127.0.0.1:{listener.server_port}/callback")
                async with self.connected(provider) as client:
                    yield client, provider
            finally:
                listener.shutdown()

    async def revoke(self):
        """Revokes a token (RFC 7009). The SDK has no call for it."""
        body = {"token": self.tokens.refresh_token, "client_id": self.client.client_id}
        async with httpx2.AsyncClient() as http:
            (await http.post(f"{BASE}/oauth/revoke", data=body)).raise_for_status()

    async def _note(self, response):
        self.requests.append(f"{response.request.method} {response.request.url.path} {response.status_code}")

    async def _open_browser(self, url):
        self.visits.append(url)
        await asyncio.to_thread(subprocess.run, ["node", DRIVER, url, self.name], check=True)

    async def _answer(self):
        answer = parse_qs(urlsplit(self.answers[-1]).query)
        return AuthorizationCodeResult(code=answer["code"][0], state=answer["state"][0], iss=answer["iss"][0])

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client_info):
        self.client = client_info


class Callback(BaseHTTPRequestHandler):
    """Receives the redirect. Browsers also request a favicon."""

    def do_GET(self):
        if self.path.startswith("/callback?"):
            self.server.answers.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"Connected.")

    def log_message(self, *_):
        """Suppresses the log, since the URL contains a code."""
