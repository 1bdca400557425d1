"""A service that has the signing secret can verify access tokens with a standard JWT library (SD-03)."""

import os
import time
import unittest
from pathlib import Path

import jwt
from application import BASE, MCP_URL, Application

SECRET = Path(os.environ["JEAN_SECRET_FILE"]).read_bytes()


class AccessToken(unittest.IsolatedAsyncioTestCase):
    async def test_pyjwt_verifies_it_with_the_bytes_of_the_secret_and_finds_the_promised_claims_sd03(self):
        application = Application("Ledger")
        async with application.signed_in():
            pass
        token = application.tokens.access_token

        header = jwt.get_unverified_header(token)
        self.assertEqual(set(header), {"typ", "alg", "kid"})
        self.assertEqual((header["typ"], header["alg"]), ("JWT", "HS256"))
        self.assertTrue(header["kid"])

        claims = jwt.decode(token, SECRET, algorithms=["HS256"], audience=MCP_URL, issuer=BASE)
        promised = {"sub", "email", "client", "exp", "iss", "aud", "iat", "jti", "scope", "client_id"}
        self.assertLessEqual(promised, set(claims))
        self.assertEqual(claims["email"], os.environ["EMAIL"])
        self.assertEqual(claims["client"], "ledger")
        self.assertEqual(claims["client_id"], application.client.client_id)
        self.assertTrue(claims["client_id"].startswith("ledger_"), "SD-04")
        self.assertLessEqual({"memory:read", "memory:write"}, set(claims["scope"].split()))
        self.assertEqual(claims["exp"] - claims["iat"], application.tokens.expires_in, "AS-23")
        self.assertGreater(claims["exp"], time.time())

        with self.assertRaises(jwt.InvalidSignatureError):
            jwt.decode(token, SECRET[::-1], algorithms=["HS256"], audience=MCP_URL, issuer=BASE)
