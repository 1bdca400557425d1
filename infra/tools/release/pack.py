"""Writes the archives of a release. Times, owners and the order of entries are fixed, so equal programs give equal bytes.

    pack.py functions VERSION ARCHITECTURE BUILT ARCHIVE   template and functions that `sam build` has left in BUILT
    pack.py program ARCHIVE FILE...                        files in one folder
    pack.py image VERSION ARCHITECTURE PROGRAM ARCHIVE     a container image that runs `jean serve`
    pack.py gradual TEMPLATE SHIFT DEPLOYMENT              changes the template of an archive: CodeDeploy shifts requests by SHIFT
"""

import gzip
import hashlib
import io
import json
import pathlib
import re
import sys
import tarfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
DESCRIPTION = "A memory server for MCP clients, with the OAuth authorization server they sign in through."
# The user of the image, who owns nothing in it but the data.
USER = 65532
# One block of the template: a function built by cargo-lambda, up to the path of its code.
BUILT_BY_CARGO = re.compile(
    r"    Metadata:\n      BuildMethod: rust-cargolambda\n      BuildProperties: \{ Binary: jean-(?P<name>[a-z-]+) \}\n"
    r"(?P<between>(?:      \w.*\n)*)    Properties:\n      CodeUri: functions/(?P=name)/\n"
)
# A function of an archive, and its code.
RELEASED = re.compile(r"  (?P<function>[A-Z]\w+Function):\n    Type: AWS::Serverless::Function\n(?:    .*\n)*?      CodeUri: .*\n")
# The C library of Lambda's provided.al2023.
GLIBC = (2, 34)
# An alarm during the shift moves all requests back.
SHIFTED = """\
      AutoPublishAlias: live
      AutoPublishAliasAllProperties: true
      DeploymentPreference: {{ Type: {shift}, Alarms: [!Ref ServerErrorAlarm] }}
"""
ARCHITECTURES = "    Default: arm64\n    AllowedValues: [arm64, x86_64]\n"


def functions(version: str, architecture: str, built: str, archive: str) -> None:
    """Packs the template and an archive of each function, which `sam deploy` and `aws cloudformation package` upload."""
    template = (ROOT / "template.yaml").read_text()
    names = [block["name"] for block in BUILT_BY_CARGO.finditer(template)]
    if len(names) != template.count("CodeUri:"):
        raise SystemExit("template.yaml has a function that is not built by cargo-lambda in the usual form")
    with zipfile.ZipFile(archive, "w") as packed:
        add(packed, "template.yaml", released(template, version, architecture).encode())
        for name in sorted(names):
            program = pathlib.Path(built, f"{name.capitalize()}Function", "bootstrap").read_bytes()
            if machine(program) != architecture:
                raise SystemExit(f"{name} is built for {machine(program)}")
            if glibc(program) > GLIBC:
                raise SystemExit(f"{name} needs the C library {glibc(program)}; Lambda has {GLIBC}")
            inner = io.BytesIO()
            with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as function:
                add(function, "bootstrap", program, executable=True)
            add(packed, f"functions/{name}.zip", inner.getvalue())
        for name in ("LICENSE-MIT", "LICENSE-APACHE", "README.md"):
            add(packed, name, (ROOT / name).read_bytes())


def released(template: str, version: str, architecture: str) -> str:
    """Returns the template with archives instead of sources, for one architecture, as the application repository takes it."""
    template = BUILT_BY_CARGO.sub(
        lambda block: (f"    Metadata:\n{block['between']}" if block["between"] else "")
        + f"    Properties:\n      CodeUri: functions/{block['name']}.zip\n",
        template,
    )
    for text, other in (
        (ARCHITECTURES, f"    Default: {architecture}\n    AllowedValues: [{architecture}]\n"),
        ("\nMetadata:\n", f"\nMetadata:\n{application(version)}"),
    ):
        if template.count(text) != 1:
            raise SystemExit(f"template.yaml no longer contains once: {text}")
        template = template.replace(text, other)
    return template


def application(version: str) -> str:
    """Returns the metadata that the AWS Serverless Application Repository requires."""
    fields = {
        "Name": "jean-memory",
        "Description": DESCRIPTION,
        "Author": "The Jean Memory contributors",
        "SpdxLicenseId": "MIT",
        "LicenseUrl": "LICENSE-MIT",
        "ReadmeUrl": "README.md",
        "Labels": ["mcp", "oauth", "memory"],
        "SemanticVersion": version,
    }
    lines = [f"    {name}: {json.dumps(value)}\n" for name, value in fields.items()]
    return "  AWS::ServerlessRepo::Application:\n" + "".join(lines)


def gradual(path: str, shift: str, deployment: str) -> None:
    """Changes the template of an archive, so that CodeDeploy shifts the requests of each function to a new version of it.

    `deployment` becomes a variable of the functions. It has to be another one each time: a version is published if the text of
    the template changes, and Lambda refuses to publish one of an unchanged function.
    """
    file = pathlib.Path(path)
    template = file.read_text()
    with_routes = set(re.findall(r"IntegrationUri: !GetAtt (\w+)\.Arn\n", template))
    released = RELEASED.findall(template)
    if not with_routes <= set(released):
        raise SystemExit("the template has a route to a function in another form")
    template = RELEASED.sub(
        lambda block: block[0] + (SHIFTED.format(shift=shift) if block["function"] in with_routes else ""), template
    )
    for function in with_routes:
        template = template.replace(f"IntegrationUri: !GetAtt {function}.Arn\n", f"IntegrationUri: !Ref {function}.Alias\n")
        template = template.replace(f"FunctionName: !Ref {function}\n", f"FunctionName: !Ref {function}.Alias\n")
    variables = "\n    Environment:\n      Variables:\n"
    if template.count(variables) != 1:
        raise SystemExit("the template has other variables of all functions than one list")
    file.write_text(template.replace(variables, f"{variables}        DEPLOYMENT: {deployment}\n"))


def program(archive: str, *files: str) -> None:
    """Packs files into one folder of a tar archive."""
    folder = pathlib.Path(archive).name.removesuffix(".tar.gz")
    entries = [(f"{folder}/{pathlib.Path(file).name}", pathlib.Path(file).read_bytes()) for file in files]
    # The program is first; the others are texts.
    tar = tarball([(name, content, 0o755 if index == 0 else 0o644) for index, (name, content) in enumerate(entries)])
    pathlib.Path(archive).write_bytes(gzip.compress(tar, mtime=0))


def image(version: str, architecture: str, path: str, archive: str) -> None:
    """Packs an image that contains the program alone, in the layout of OCI and in that of `docker load`."""
    content = pathlib.Path(path).read_bytes()
    if b"/lib64/ld-linux" in content or b"/lib/ld-linux" in content:
        raise SystemExit("the program is linked dynamically; an empty image has no loader for it")
    if machine(content) != architecture:
        raise SystemExit(f"the program is built for {machine(content)}")
    layer = tarball([("jean", content, 0o755), ("data/", None, 0o700), ("tmp/", None, 0o1777)])
    config = encoded(
        {
            "architecture": {"x86_64": "amd64"}.get(architecture, architecture),
            "os": "linux",
            "config": {
                "User": f"{USER}:{USER}",
                "Entrypoint": ["/jean"],
                "Cmd": ["serve", "--listen", "0.0.0.0", "--data", "/data"],
                "ExposedPorts": {"3000/tcp": {}},
                "Volumes": {"/data": {}},
                "Labels": {
                    "org.opencontainers.image.title": "Jean Memory",
                    "org.opencontainers.image.version": version,
                    "org.opencontainers.image.licenses": "MIT OR Apache-2.0",
                },
            },
            "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
        }
    )
    manifest = encoded(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": described("application/vnd.oci.image.config.v1+json", config),
            "layers": [described("application/vnd.oci.image.layer.v1.tar", layer)],
        }
    )
    index = {"schemaVersion": 2, "manifests": [described("application/vnd.oci.image.manifest.v1+json", manifest)]}
    loaded = [{"Config": blob(config), "Layers": [blob(layer)], "RepoTags": [f"jean-memory:{version}"]}]
    files = [(blob(content), content) for content in (layer, config, manifest)]
    files += [("oci-layout", encoded({"imageLayoutVersion": "1.0.0"}))]
    files += [("index.json", encoded(index)), ("manifest.json", encoded(loaded))]
    pathlib.Path(archive).write_bytes(tarball([(name, content, 0o644) for name, content in files]))


def tarball(entries: list[tuple[str, bytes | None, int]]) -> bytes:
    """Returns a tar archive; an entry without content is a folder, which belongs to the user of the image."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content, mode in entries:
            entry = tarfile.TarInfo(name)
            entry.mode = mode
            if content is None:
                entry.type, entry.uid, entry.gid = tarfile.DIRTYPE, USER, USER
                tar.addfile(entry)
            else:
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def add(packed: zipfile.ZipFile, name: str, content: bytes, executable: bool = False) -> None:
    """Adds a file with the first time that the format has, and with the permissions that Lambda needs."""
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.create_system = 3  # Unix, so that the permissions count
    entry.external_attr = (0o100755 if executable else 0o100644) << 16
    packed.writestr(entry, content, compress_type=packed.compression)


def machine(program: bytes) -> str:
    """Returns the architecture in the header of an ELF file, under its name in Lambda."""
    machines = {0x3E: "x86_64", 0xB7: "arm64"}
    found = int.from_bytes(program[18:20], "little")
    return machines.get(found, f"machine {found}") if program[:4] == b"\x7fELF" else "another system"


def glibc(program: bytes) -> tuple[int, ...]:
    """Returns the newest version of the C library whose symbols a program needs."""
    versions = re.findall(rb"GLIBC_(\d+\.\d+)", program)
    return max((tuple(map(int, version.split(b"."))) for version in versions), default=(0,))


def encoded(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def blob(content: bytes) -> str:
    return "blobs/" + digest(content).replace(":", "/")


def described(media_type: str, content: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest(content), "size": len(content)}


if __name__ == "__main__":
    {"functions": functions, "program": program, "image": image, "gradual": gradual}[sys.argv[1]](*sys.argv[2:])
