"""Certificates of a test's own, made by the openssl command."""

import subprocess

KINDS = {
    "server": "subjectAltName=DNS:localhost,DNS:a.lab,DNS:b.lab,IP:127.0.0.1",
    "client": "extendedKeyUsage=clientAuth",
}


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=30)


class Certificates:
    """ca.pem signs server.pem and client.pem, each with its .key; other-ca.pem signs nothing."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("ca", "other-ca"):
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-keyout", self.key(name), "-out", self.pem(name), "-days", "1",
                    "-subj", f"/CN={name}")
        for name, extension in KINDS.items():
            request, extensions = folder / f"{name}.csr", folder / f"{name}.ext"
            extensions.write_text(extension + "\n")
            openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", self.key(name), "-out", request, "-subj", f"/CN={name}")
            openssl("x509", "-req", "-in", request, "-CA", self.pem("ca"), "-CAkey",
                    self.key("ca"), "-out", self.pem(name), "-days", "1", "-extfile", extensions)

    def pem(self, name):
        return str(self.folder / f"{name}.pem")

    def key(self, name):
        return str(self.folder / f"{name}.key")
