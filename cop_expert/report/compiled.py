"""The standard templates as Jinja has compiled them, kept beside the standard knowledge."""

from jinja2 import BytecodeCache
from jinja2 import __version__ as version
from jinja2.bccache import Bucket

from cop_expert.keep import keep_standard, kept_standard


class Compiled(BytecodeCache):
    """What is kept is run as it is, so no template of an engagement may ever be among it."""

    def __init__(self, form: str) -> None:
        """Constants in a template are escaped as the form asks for when it is compiled."""
        self.form = form

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := kept_standard(self._name(bucket), bytes):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        keep_standard(self._name(bucket), bucket.bytecode_to_string())

    def get_source_checksum(self, source: str) -> str:
        return super().get_source_checksum(f"{version} {source}")

    def _name(self, bucket: Bucket) -> str:
        return f"{bucket.key}.{self.form}.json"
