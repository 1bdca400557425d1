"""An OpenID Connect provider: Django OAuth Toolkit with Django's sign-in form. Every password is right."""

import os
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from django.conf import settings
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.urls import include, path
from jwcrypto.jwk import JWK

SIGN_IN = "<!doctype html><title>Log in</title><form method=post>{% csrf_token %}{{ form }}<button>Log in</button></form>"

folder = TemporaryDirectory()
settings.configure(
    ALLOWED_HOSTS=["localhost"],
    AUTHENTICATION_BACKENDS=[f"{__name__}.AnyPassword"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(folder.name, "db.sqlite3")}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "oauth2_provider"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    OAUTH2_PROVIDER={
        "OAUTH2_VALIDATOR_CLASS": f"{__name__}.AddressClaims",
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": JWK.generate(kty="RSA", size=2048).export_to_pem(private_key=True, password=None).decode(),
        "SCOPES": {"openid": "Your name", "email": "Your address"},
    },
    ROOT_URLCONF=__name__,
    SECRET_KEY="a key of the cookies",
    STATIC_URL="static/",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "context_processors": ["django.template.context_processors.request"],
                "loaders": [
                    ("django.template.loaders.locmem.Loader", {"registration/login.html": SIGN_IN}),
                    "django.template.loaders.app_directories.Loader",
                ],
            },
        }
    ],
    USE_TZ=True,
)
django.setup()

# These modules need the settings.
from django.contrib.auth.backends import ModelBackend  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402
from oauth2_provider.oauth2_validators import OAuth2Validator  # noqa: E402

urlpatterns = [
    path("o/", include("oauth2_provider.urls")),
    path("accounts/", include("django.contrib.auth.urls")),
]


class AnyPassword(ModelBackend):
    """Signs a user in, named by an address, and creates the user at the first sign-in."""

    def authenticate(self, request, username=None, password=None):
        return User.objects.get_or_create(username=username)[0]


class AddressClaims(OAuth2Validator):
    """Puts the address into the id token."""

    def get_additional_claims(self, request):
        address = request.user.get_username()
        return {"sub": address, "email": address, "email_verified": not address.startswith("unverified")}


def main():
    call_command("migrate", verbosity=0)
    Application.objects.create(
        algorithm=Application.RS256_ALGORITHM,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        client_id=os.environ["CLIENT_ID"],
        client_secret=os.environ["CLIENT_SECRET"],
        client_type=Application.CLIENT_CONFIDENTIAL,
        name="Jean Memory",
        redirect_uris=os.environ["REDIRECT_URI"],
    )
    # Exits in an orderly way, which deletes the folder.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    server = ThreadedWSGIServer(("localhost", int(os.environ["PORT"])), WSGIRequestHandler)
    server.set_app(get_wsgi_application())
    server.serve_forever()


if __name__ == "__main__":
    main()
