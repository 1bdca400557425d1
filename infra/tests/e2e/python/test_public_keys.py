"""A service without a secret verifies access tokens with the published keys (SR-14). ../public_keys.test.mjs gets the token."""

import json
import os
import unittest
from urllib.request import urlopen

import jwt

BASE = os.environ["JEAN_BASE"]
TOKEN = os.environ["ACCESS_TOKEN"]


class PublicKeys(unittest.TestCase):
    def test_pyjwt_verifies_a_token_with_the_key_that_its_header_names_sr14(self):
        with urlopen(f"{BASE}/.well-known/oauth-authorization-server") as response:
            metadata = json.load(response)
        key = jwt.PyJWKClient(metadata["jwks_uri"]).get_signing_key_from_jwt(TOKEN)
        expected = {"algorithms": ["EdDSA"], "audience": f"{BASE}/mcp", "issuer": BASE}
        claims = jwt.decode(TOKEN, key, **expected)
        self.assertEqual(claims["email"], os.environ["EMAIL"])
        head, _, signature = TOKEN.split(".")
        with self.assertRaises(jwt.InvalidSignatureError):
            jwt.decode(f"{head}.e30.{signature}", key, **expected)
