"""The official Python SDK with its OAuthClientProvider, from a URL to a memory that is found."""

import json
import unittest

from application import Application

TEXT = "The ferry to the heron island leaves at seven."


class PythonSdk(unittest.IsolatedAsyncioTestCase):
    async def test_401_discovery_registration_consent_token_a_memory_and_a_silent_refresh_rs01_rs02_as05_as11_as18(self):
        application = Application("Ferry")
        async with application.signed_in() as (client, provider):
            self.expect_in_order(
                application.requests,
                [
                    "POST /mcp 401",
                    "GET /.well-known/oauth-protected-resource/mcp 200",
                    "GET /.well-known/oauth-authorization-server 200",
                    "POST /oauth/register 201",
                    "POST /oauth/token 200",
                    "POST /mcp 200",
                ],
            )
            names = {tool.name for tool in (await client.list_tools()).tools}
            self.assertLessEqual({"add_memory", "search_memory", "list_memories", "get_memory", "delete_memory"}, names)
            self.expect_structured(await client.call_tool("add_memory", {"text": TEXT}))
            await self.expect_found(client)

            # The SDK decides by its own clock when to refresh.
            provider.context.token_expiry_time = 1
            await self.expect_refresh(application, client)

            # The revoked tokens are invalid, and the user must sign in again.
            await application.revoke()
            provider.context.token_expiry_time = 1
            application.requests.clear()
            await self.expect_found(client)
            self.expect_in_order(
                application.requests, ["POST /oauth/token 400", "POST /mcp 401", "POST /oauth/token 200", "POST /mcp 200"]
            )
            self.assertEqual(len(application.visits), 2, "a page was needed")

        # A restarted application has no metadata and uses the default path, /token.
        restarted = application.provider()
        restarted.context.token_expiry_time = 1
        before = application.tokens
        async with application.connected(restarted) as client:
            await self.expect_found(client)
        self.assertNotEqual(application.tokens.refresh_token, before.refresh_token)
        self.assertIn("POST /token 200", application.requests)
        self.assertEqual(len(application.visits), 2, "no page was needed")

    async def expect_refresh(self, application, client):
        before = application.tokens
        application.requests.clear()
        await self.expect_found(client)
        self.expect_in_order(application.requests, ["POST /oauth/token 200", "POST /mcp 200"])
        self.assertNotEqual(application.tokens.access_token, before.access_token)
        self.assertNotEqual(application.tokens.refresh_token, before.refresh_token)
        self.assertEqual(len(application.visits), 1, "no page was needed")

    async def expect_found(self, client):
        found = await client.call_tool("search_memory", {"query": "heron"})
        self.expect_structured(found)
        self.assertIn(TEXT, json.dumps(found.structured_content))

    def expect_structured(self, result):
        """The structured result, and the same as text for clients that read only text (TL-01)."""
        self.assertFalse(result.is_error, result)
        self.assertEqual(json.loads(result.content[0].text), result.structured_content)

    def expect_in_order(self, seen, steps):
        rest = iter(seen)
        for step in steps:
            self.assertIn(step, rest, f"missing, or late, in {seen}")
