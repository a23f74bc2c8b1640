"""Every setting: its variable, default and meaning. Read once, by `app.py` and the command line."""

from __future__ import annotations

import difflib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError

from nis_backend.errors import InvalidRequest, shorten
from nis_backend.limits import USUAL, Limits
from nis_backend.written import (
    Address,
    Commands,
    Database,
    Deployments,
    Folders,
    Host,
    Key,
    Keys,
    Namespace,
    Packages,
    Queues,
    by_name,
    commands,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo


def _home() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "nis"


class Settings(BaseModel):
    """How this process is set up. A field's variable is its alias."""

    # What a start is given is checked one by one; the model that checks them all is built where it is asked.
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False, defer_build=True)

    data: Path = Field(default_factory=_home, alias="NIS_DATA", description="Folder of the database and the lock file.")
    database_url: Database = Field(
        default=None,
        alias="NIS_DATABASE_URL",
        description="Address of a PostgreSQL database that several processes share; unset keeps a file in the folder.",
    )
    host: str = Field(default="127.0.0.1", alias="NIS_HOST", description="Address to listen on.")
    port: int = Field(
        default=8000, ge=0, le=65535, alias="NIS_PORT", description="Port to listen on; 0 takes a free one."
    )
    public_url: Address = Field(
        default=None,
        alias="NIS_PUBLIC_URL",
        description="Address in cards and links, when it is not the one listened on.",
    )
    card: Literal["compatible", "strict"] = Field(
        default="compatible",
        alias="NIS_CARD",
        description="Agent cards: with what A2A 0.3 needs for callers not known to speak 1.0, or pure 1.0.",
    )
    card_key: Path | None = Field(
        default=None,
        alias="NIS_CARD_KEY",
        description="File of a private key (PEM: P-256, Ed25519 or RSA) that agent cards are signed with.",
    )
    api_key: Key = Field(
        default=None,
        alias="NIS_API_KEY",
        description="The first key: all scopes, for the owner `local`. Beyond loopback every caller must send one. "
        "On the command line it is the key that is sent.",
    )
    mcp_commands: Commands = Field(
        default="",
        alias="NIS_MCP_COMMANDS",
        description="Programs that servers of tools may be started as, by names, as JSON: "
        '{"files": ["npx", "-y", "some-server"]}. Nobody else says what is started.',
    )
    impact_projects: Folders = Field(
        default="",
        alias="NIS_IMPACT_PROJECTS",
        description="Folders of Python projects that impact. may look into, comma-separated, as NAME=FOLDER or FOLDER: "
        "whoever has the scope impact:projects may have the commands run that they state for themselves, with packages "
        "of pip's index added.",
    )
    deployments: Deployments = Field(
        default="",
        alias="NIS_DEPLOYMENTS",
        description="Deployments of nis that deployment. may change and watch, by names, as JSON: "
        '{"production": {"to": "aws", "name": "nis-backend", "region": "eu-central-1", "profile": "small"}}. Whoever '
        "has the scope deployment:operate acts there with this process's own AWS keys.",
    )
    allowed_tool_servers: str = Field(
        default="",
        alias="NIS_ALLOWED_TOOL_SERVERS",
        description="Hosts of servers of tools that may be private addresses, comma-separated.",
    )
    oauth_servers: str = Field(
        default="",
        alias="NIS_OAUTH_SERVERS",
        description="Authorisation servers whose tokens whatever stands in front of this one takes, comma-separated: "
        "named to MCP clients. This server itself takes its own keys.",
    )
    allowed_hosts: str = Field(
        default="", alias="NIS_ALLOWED_HOSTS", description="Further Host and Origin names to accept, comma-separated."
    )
    model: str | None = Field(
        default=None,
        alias="NIS_MODEL",
        description="Model that answers when a request names none, as provider:name; unset takes the first set up.",
    )
    openai_api_key: Key = Field(default=None, alias="OPENAI_API_KEY", description="Key for the provider openai.")
    openai_url: str = Field(
        default="https://api.openai.com/v1", alias="NIS_OPENAI_URL", description="Base address of the provider openai."
    )
    openai_model: str = Field(
        default="gpt-4o-mini", alias="NIS_OPENAI_MODEL", description="The provider openai's model when none is named."
    )
    anthropic_api_key: Key = Field(
        default=None, alias="ANTHROPIC_API_KEY", description="Key for the provider anthropic."
    )
    anthropic_url: str = Field(
        default="https://api.anthropic.com",
        alias="NIS_ANTHROPIC_URL",
        description="Base address of the provider anthropic.",
    )
    anthropic_model: str = Field(
        default="claude-haiku-5-5",
        alias="NIS_ANTHROPIC_MODEL",
        description="The provider anthropic's model when none is named.",
    )
    nvidia_api_key: Key = Field(default=None, alias="NVIDIA_API_KEY", description="Key for the provider nvidia.")
    nvidia_url: str = Field(
        default="https://integrate.api.nvidia.com/v1",
        alias="NIS_NVIDIA_URL",
        description="Base address of the provider nvidia.",
    )
    nvidia_model: str = Field(
        default="meta/llama-3.1-8b-instruct",
        alias="NIS_NVIDIA_MODEL",
        description="The provider nvidia's model when none is named.",
    )
    deepseek_api_key: Key = Field(default=None, alias="DEEPSEEK_API_KEY", description="Key for the provider deepseek.")
    deepseek_url: str = Field(
        default="https://api.deepseek.com/v1",
        alias="NIS_DEEPSEEK_URL",
        description="Base address of the provider deepseek.",
    )
    deepseek_model: str = Field(
        default="deepseek-chat",
        alias="NIS_DEEPSEEK_MODEL",
        description="The provider deepseek's model when none is named.",
    )
    gemini_api_key: Key = Field(default=None, alias="GEMINI_API_KEY", description="Key for the provider gemini.")
    gemini_url: str = Field(
        default="https://generativelanguage.googleapis.com/v1beta/openai",
        alias="NIS_GEMINI_URL",
        description="Base address of the provider gemini: the one that speaks OpenAI's format.",
    )
    gemini_model: str = Field(
        default="gemini-2.5-flash",
        alias="NIS_GEMINI_MODEL",
        description="The provider gemini's model when none is named.",
    )
    provider_keys: Keys = Field(
        default=None,
        alias="NIS_PROVIDER_KEYS",
        description="Keys of providers that are made at run time, as NAME=KEY,NAME=KEY: a provider names its own.",
    )
    allowed_providers: str = Field(
        default="",
        alias="NIS_ALLOWED_PROVIDERS",
        description="Hosts of providers made at run time that may be private addresses, comma-separated.",
    )
    agent_keys: Keys = Field(
        default=None,
        alias="NIS_AGENT_KEYS",
        description="Keys of remote agents, as NAME=KEY,NAME=KEY: an agent that is registered names its own.",
    )
    allowed_agents: str = Field(
        default="",
        alias="NIS_ALLOWED_AGENTS",
        description="Hosts of remote agents that may be private addresses, comma-separated.",
    )
    allowed_sources: str = Field(
        default="",
        alias="NIS_ALLOWED_SOURCES",
        description="Hosts of blobs and pages to fetch that may be private addresses, comma-separated.",
    )
    search: Literal["searxng", "brave", "tavily", "serper"] | None = Field(
        default=None,
        alias="NIS_SEARCH",
        description="What the web is searched with when a request names nothing; unset takes the first set up, of "
        "searxng, brave, tavily, serper.",
    )
    searxng_url: str | None = Field(
        default=None,
        alias="NIS_SEARXNG_URL",
        description="Address of a SearXNG to search the web with; its settings must allow the format json.",
    )
    brave_api_key: SecretStr | None = Field(
        default=None, alias="BRAVE_API_KEY", description="Key for Brave's web search."
    )
    brave_url: str = Field(
        default="https://api.search.brave.com/res/v1",
        alias="NIS_BRAVE_URL",
        description="Base address of Brave's web search.",
    )
    tavily_api_key: SecretStr | None = Field(
        default=None, alias="TAVILY_API_KEY", description="Key for Tavily's web search."
    )
    tavily_url: str = Field(
        default="https://api.tavily.com", alias="NIS_TAVILY_URL", description="Base address of Tavily's web search."
    )
    serper_api_key: SecretStr | None = Field(
        default=None, alias="SERPER_API_KEY", description="Key for Serper, which answers Google's results."
    )
    serper_url: str = Field(
        default="https://google.serper.dev", alias="NIS_SERPER_URL", description="Base address of Serper."
    )
    arxiv_url: str = Field(
        default="https://export.arxiv.org/api/query",
        alias="NIS_ARXIV_URL",
        description="Address of arXiv's query interface, or of a mirror that speaks it.",
    )
    arxiv_seconds: float = Field(
        default=3,
        ge=0,
        le=60,
        alias="NIS_ARXIV_SECONDS",
        description="Seconds between two requests to arXiv: its terms of use ask for three.",
    )
    max_page: int = Field(
        default=5_242_880,
        ge=1024,
        le=10_485_760,
        alias="NIS_MAX_PAGE",
        description="Largest web page that is read, bytes, unpacked.",
    )
    prices: Path | None = Field(
        default=None,
        alias="NIS_PRICES",
        description="A newer data.json of genai-prices, in place of the prices that are packaged with it.",
    )
    ledger_days: float | None = Field(
        default=None,
        gt=0,
        alias="NIS_LEDGER_DAYS",
        description="Days after which single calls are removed from the ledger; sums by day stay. Unset keeps them.",
    )
    local_url: str | None = Field(
        default=None,
        alias="NIS_LOCAL_URL",
        description="Base address of an OpenAI-compatible server (Ollama: http://127.0.0.1:11434/v1): provider local.",
    )
    local_api_key: Key = Field(
        default=None, alias="NIS_LOCAL_API_KEY", description="Key for the provider local, where it wants one."
    )
    local_model: str | None = Field(
        default=None, alias="NIS_LOCAL_MODEL", description="The provider local's model; unset takes the first it lists."
    )
    embedding_model: str | None = Field(
        default=None,
        alias="NIS_EMBEDDING_MODEL",
        description="Model of vectors when a request names none, as provider:name; unset takes the one in the box.",
    )
    embedding_models: str | None = Field(
        default=None,
        alias="NIS_EMBEDDING_MODELS",
        description="A folder with an embedding model as sentence-transformers saves it (ONNX, safetensors, static), "
        "or a folder of such folders; more of them by commas: provider folder.",
    )
    scripted: Path | None = Field(
        default=None,
        alias="NIS_SCRIPTED",
        description="File of prepared answers; adds the provider scripted, for tests.",
    )
    simulated: Path | None = Field(
        default=None,
        alias="NIS_SIMULATED",
        description="File of models that answer by known chances; adds the provider simulated, for tests and proofs.",
    )
    weights: Path = Field(
        default_factory=lambda: _home() / "weights", alias="NIS_WEIGHTS", description="Folder of model files."
    )
    sandbox: Path = Field(
        default_factory=lambda: _home() / "sandbox",
        alias="NIS_SANDBOX",
        description="Folder of the interpreter that runs callers' code, compiled for this processor: 292 MB.",
    )
    training: Path | None = Field(
        default=None,
        alias="NIS_TRAINING",
        description="Folder of trainings and of the models they make; unset takes one in the data folder. Servers that "
        "share a database need one that they share.",
    )
    training_threads: int = Field(
        default=2,
        ge=1,
        le=256,
        alias="NIS_TRAINING_THREADS",
        description="Threads of a training: another number of them rounds otherwise, in the last digits.",
    )
    whisper: str = Field(
        default="tiny.en",
        alias="NIS_WHISPER",
        description="Model of speech to text: tiny.en, which hears English; base, which hears many languages (nis "
        "weights pull whisper-base-1, then whisper-base-2); or a folder with a Whisper model as CTranslate2 keeps it.",
    )
    voices: str | None = Field(
        default=None,
        alias="NIS_VOICES",
        description="Piper's voices: a folder with files NAME.onnx and NAME.onnx.json, or one such file; more of them "
        "by commas. They come before eSpeak's, and the first of a language is its usual one.",
    )
    weights_mirror: str | None = Field(
        default=None, alias="NIS_WEIGHTS_MIRROR", description="Address under which each model file lies by its name."
    )
    vision_models: Path | None = Field(
        default=None,
        alias="NIS_VISION_MODELS",
        description="Folder of models that see, a folder each with an ONNX file and a model.json.",
    )
    embedded_weight: str = Field(
        default="smollm2-135m-instruct-q4_1",
        alias="NIS_EMBEDDED_WEIGHT",
        description="Weight of the embedded model, a name from `nis weights list`.",
    )
    gguf: Path | None = Field(
        default=None,
        alias="NIS_GGUF",
        description="A GGUF file of a language model, or a folder of such files: provider file.",
    )
    gguf_context: int = Field(
        default=8192,
        ge=512,
        alias="NIS_GGUF_CONTEXT",
        description="Most tokens of a prompt and its answer for models of NIS_GGUF; each takes memory.",
    )
    transformers: str | None = Field(
        default=None,
        alias="NIS_TRANSFORMERS",
        description="A folder with a language model as Transformers saves it (config.json, safetensors), or a folder "
        "of such folders; more of them by commas: provider transformers.",
    )
    transformers_context: int = Field(
        default=8192,
        ge=256,
        alias="NIS_TRANSFORMERS_CONTEXT",
        description="Most tokens of a prompt and its answer for models of NIS_TRANSFORMERS; each takes memory.",
    )
    transformers_dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto",
        alias="NIS_TRANSFORMERS_DTYPE",
        description="Numbers that models of NIS_TRANSFORMERS compute with: auto is float32 on a CPU, which is fastest "
        "there and takes twice the memory of the others, and what the folder says on a GPU.",
    )
    embedded_threads: int | None = Field(
        default=None,
        ge=1,
        alias="NIS_EMBEDDED_THREADS",
        description="Threads of each embedded model; unset takes the CPU quota.",
    )
    ternary_kernel: Literal["auto", "avx512", "avxvnni", "avx2", "portable", "none"] = Field(
        default="auto",
        alias="NIS_TERNARY_KERNEL",
        description="What multiplies by the weights of packed ternary models: auto takes the fastest that is compiled "
        "and that this processor has, none takes numpy; one that is named and is not here is refused.",
    )
    idle_seconds: float = Field(
        default=300, gt=0, alias="NIS_IDLE_SECONDS", description="Seconds after which an unused worker process ends."
    )
    worker_memory: int | None = Field(
        default=None,
        ge=134_217_728,
        alias="NIS_WORKER_MEMORY",
        description="Bytes that each worker process may take for itself (Linux); unset leaves it to the machine.",
    )
    redis_host: Host = Field(
        default=None,
        alias="REDIS_HOST",
        description="Host of a Redis that all processes share; unset keeps cache and counts in this process.",
    )
    redis_port: int = Field(default=6379, ge=1, le=65535, alias="REDIS_PORT", description="Its port.")
    redis_database: int = Field(default=0, ge=0, alias="NIS_REDIS_DATABASE", description="Number of its database.")
    redis_username: str | None = Field(default=None, alias="NIS_REDIS_USERNAME", description="Its user's name.")
    redis_password: SecretStr | None = Field(default=None, alias="NIS_REDIS_PASSWORD", description="Its password.")
    redis_tls: bool = Field(default=False, alias="NIS_REDIS_TLS", description="Whether it is spoken to over TLS.")
    kafka_servers: str | None = Field(
        default=None,
        alias="KAFKA_BOOTSTRAP_SERVERS",
        description="Kafka brokers, HOST:PORT by commas: run events go out to them and commands come in.",
    )
    kafka_protocol: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = Field(
        default="plaintext", alias="NIS_KAFKA_PROTOCOL", description="How the brokers are spoken to."
    )
    kafka_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", alias="NIS_KAFKA_MECHANISM", description="How the user is proved to them."
    )
    kafka_username: str | None = Field(default=None, alias="NIS_KAFKA_USERNAME", description="The user's name.")
    kafka_password: SecretStr | None = Field(default=None, alias="NIS_KAFKA_PASSWORD", description="Its password.")
    bus_owner: str | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        alias="NIS_BUS_OWNER",
        description="Owner for whom commands that carry no key are done; unset refuses them.",
    )
    call_limit: int | None = Field(
        default=None,
        ge=1,
        alias="NIS_CALL_LIMIT",
        description="Calls each owner may make in a minute, those that a call or a run makes not counted; unset, any.",
    )
    max_body: int = Field(default=4_194_304, ge=1024, alias="NIS_MAX_BODY", description="Largest request body, bytes.")
    max_blob: int = Field(default=67_108_864, ge=1024, alias="NIS_MAX_BLOB", description="Largest blob, bytes.")
    max_pixels: int = Field(
        default=USUAL.pixels,
        ge=1,
        alias="NIS_MAX_PIXELS",
        description="Most pixels of a picture, width by height, that an operation decodes; each takes some bytes.",
    )
    max_frames: int = Field(
        default=USUAL.frames,
        ge=1,
        alias="NIS_MAX_FRAMES",
        description="Most pictures in one file: an animation's, a film's, the pages of a TIFF.",
    )
    max_media_seconds: float = Field(
        default=USUAL.seconds,
        gt=0,
        alias="NIS_MAX_MEDIA_SECONDS",
        description="Longest sound or film that an operation decodes, in seconds that it plays.",
    )
    blobs: str | None = Field(
        default=None,
        pattern=r"^s3://[^/\s]+(/\S*)?$",
        alias="NIS_BLOBS",
        description="Where the bytes of blobs are kept, as s3://BUCKET/PREFIX; unset takes the data folder. Its keys "
        "are AWS's own: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, a file, or the machine's role.",
    )
    s3_endpoint: Address = Field(
        default=None, alias="NIS_S3_ENDPOINT", description="Address of a server that speaks S3, when it is not AWS."
    )
    blob_days: float | None = Field(
        default=None,
        gt=0,
        alias="NIS_BLOB_DAYS",
        description="Days after their last use at which blobs are removed; unset keeps them.",
    )
    max_runs: int = Field(
        default=64, ge=1, alias="NIS_MAX_RUNS", description="Runs of the queue default executed at once; more wait."
    )
    queues: Queues = Field(
        default="compute=2",
        alias="NIS_QUEUES",
        description="Queues of runs and how many of each are executed at once: compute=2,reports=1.",
    )
    stall_seconds: float = Field(
        default=20,
        ge=1,
        alias="NIS_STALL_SECONDS",
        description="Silence of this process, in seconds, after which others take its runs over.",
    )
    run_seconds: float = Field(
        default=600, gt=0, alias="NIS_RUN_SECONDS", description="Seconds an attempt of a run may take."
    )
    run_days: float | None = Field(
        default=None,
        gt=0,
        alias="NIS_RUN_DAYS",
        description="Days after their end at which runs are removed, logs included; unset keeps them.",
    )
    max_run_events: int = Field(
        default=200_000, ge=100, alias="NIS_MAX_RUN_EVENTS", description="Most events of one run's log."
    )
    max_run_bytes: int = Field(
        default=268_435_456, ge=65_536, alias="NIS_MAX_RUN_BYTES", description="Most bytes of one run's log."
    )
    max_event: int = Field(
        default=16_777_216, ge=4096, alias="NIS_MAX_EVENT", description="Most bytes of one event in a run's log."
    )
    durability: Literal["process", "power"] = Field(
        default="process",
        alias="NIS_DURABILITY",
        description="What a committed event survives: the death of the process, or the loss of power (slower).",
    )
    linger_seconds: float = Field(
        default=0,
        ge=0,
        le=600,
        alias="NIS_LINGER_SECONDS",
        description="Seconds after SIGTERM in which requests are still served while /health and /health/ready answer "
        "503: a load balancer that has not heard of the stop sends some. Then nothing is accepted any more.",
    )
    drain_seconds: float = Field(
        default=3,
        ge=1,
        le=3600,
        alias="NIS_DRAIN_SECONDS",
        description="Seconds that open streams and waiting callers get after that, a worker's runs from SIGTERM on; "
        "in the last 3 what is left is told that the server stops.",
    )
    keep_alive_seconds: int = Field(
        default=75,
        ge=1,
        le=4100,
        alias="NIS_KEEP_ALIVE_SECONDS",
        description="Seconds that a connection without a request stays open: more than the load balancer's idle "
        "time-out, so that it is never the server that closes one that is about to be used.",
    )
    ping_seconds: float = Field(
        default=20,
        ge=0.1,
        le=3600,
        alias="NIS_PING_SECONDS",
        description="Seconds between two pings of a WebSocket; a quiet stream of events has a word after three "
        "quarters of it. Less than the idle time-out of every proxy on the way.",
    )
    preload: Packages = Field(
        default="", alias="NIS_PRELOAD", description="Protocol packages to load at start, comma-separated: a2a, mcp."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", alias="NIS_LOG_LEVEL", description="Least severity that is logged."
    )
    log_format: Literal["text", "json"] = Field(
        default="text",
        alias="NIS_LOG_FORMAT",
        description="Lines on stderr as text, or each as one JSON object with ids, and one for each request.",
    )
    emf: Namespace = Field(
        default=None,
        alias="NIS_EMF",
        description="Namespace in CloudWatch: once a minute the counters go to stdout as a line of EMF; unset, none.",
    )
    service_name: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9._/-]{1,100}$",
        alias="OTEL_SERVICE_NAME",
        description="This process's name in logs, EMF and traces; unset, nis-backend-api, and of a worker "
        "nis-backend-worker.",
    )
    traces_url: Address = Field(
        default=None,
        alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="Address of an OpenTelemetry collector, http://HOST:4318: traces go there (extra otel); unset, "
        "nowhere.",
    )
    traces_headers: SecretStr | None = Field(
        default=None,
        alias="OTEL_EXPORTER_OTLP_HEADERS",
        description="Headers that the collector wants, as NAME=VALUE,NAME=VALUE, percent-encoded: its key, say.",
    )
    traces_share: float = Field(
        default=1.0,
        ge=0,
        le=1,
        alias="OTEL_TRACES_SAMPLER_ARG",
        description="Share of the traces begun here that are kept; one that a caller began is kept where the caller "
        "keeps it.",
    )

    @property
    def tool_commands(self) -> dict[str, tuple[str, ...]]:
        """The programs of `mcp_commands` by their names, and the small one that is always there."""
        return {"example": (sys.executable, "-m", "nis_backend.drivers.tools.echo"), **commands(self.mcp_commands)}

    @property
    def named_keys(self) -> dict[str, SecretStr]:
        """The keys of `provider_keys` by their names."""
        return by_name(self.provider_keys)

    @property
    def named_agent_keys(self) -> dict[str, SecretStr]:
        """The keys of `agent_keys` by their names."""
        return by_name(self.agent_keys)

    @property
    def limits(self) -> Limits:
        """How much of one file is decoded."""
        return Limits(pixels=self.max_pixels, frames=self.max_frames, seconds=self.max_media_seconds)

    @property
    def quiet_seconds(self) -> float:
        """Silence of a stream of events after which it has a word that says nothing."""
        return 0.75 * self.ping_seconds

    @property
    def all_queues(self) -> dict[str, int]:
        """How many runs of each queue are executed at once."""
        given = (pair.partition("=") for pair in self.queues.split(","))
        return {
            "default": self.max_runs,
            "compute": 2,
            "batches": 1,
            "evaluations": 2,
            # What waits for others waits in queues of its own: it never holds the place of what it waits for.
            "plans": 16,
            "teams": 32,
            **{name: int(number) for name, _, number in given},
        }


INHERITED = frozenset(
    {
        *("PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "XDG_CACHE_HOME", "VIRTUAL_ENV"),
        *("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
        *("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
    }
)
"""What Python and native libraries read. A list of what passes, because a list of secrets is never whole."""


def installing_environment() -> dict[str, str]:
    """What installers read of this process's environment: where wheels come from, and by which way."""
    proxies = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}
    names = {"SSL_CERT_FILE", "SSL_CERT_DIR", *proxies, *(name.lower() for name in proxies)}
    return {name: value for name, value in os.environ.items() if name in names or name.startswith(("PIP_", "UV_"))}


def aws_environment() -> dict[str, str]:
    """What AWS's own programs read of this process's environment: who they are, and where."""
    given = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return installing_environment() | given


def inherited_environment() -> dict[str, str]:
    """What a worker process gets of this one's environment: paths, language, devices, threads, and no key."""
    return {name: value for name, value in os.environ.items() if name in INHERITED}


def read_settings(environment: Mapping[str, str], **given: object) -> Settings:
    """The settings from `environment`, where an argument that is not None wins.

    Raises:
        InvalidRequest: naming the variable, its value and what it may be.
    """
    names = {field.alias: name for name, field in Settings.model_fields.items()}
    values: dict[str, Any] = {names[key]: value for key, value in environment.items() if key in names and value != ""}
    values |= {key: value for key, value in given.items() if value is not None}
    assert not values.keys() - Settings.model_fields.keys(), sorted(values)
    # A check of the few that are given, and not of all that there are, takes a start 11 ms less.
    return Settings.model_construct(
        **{name: _checked(field, values[name]) for name, field in Settings.model_fields.items() if name in values}
    )


def _checked(field: FieldInfo, value: object) -> Any:  # Any: settings are of all types
    """A setting's value as its type has it.

    Raises:
        InvalidRequest: as for `read_settings`.
    """
    kind: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    try:
        return TypeAdapter[Any](kind, config=ConfigDict(allow_inf_nan=False)).validate_python(value)
    except ValidationError as error:
        wrong = error.errors()[0]
        # A deployment's own settings may be keys.
        secret = "SecretStr" in str(field.annotation) or field.alias == "NIS_DEPLOYMENTS"
        told = "***" if secret else shorten(wrong["input"])
        why = wrong["msg"].removeprefix("Value error, ")
        raise InvalidRequest(
            f"{field.alias} is {told!r}: {why[:1].lower()}{why[1:]}.",
            field=field.alias,
            value=told,
            remedy=f"Set it anew or unset it. What it means: {field.description}",
        ) from None


def misspelt(environment: Mapping[str, str]) -> list[str]:
    """What to say of variables that are written like a setting and are none."""
    known = {str(field.alias) for field in Settings.model_fields.values()}
    said: list[str] = []
    for name in sorted(name for name in environment if name.startswith("NIS_") and name not in known):
        near = difflib.get_close_matches(name, known, n=1)
        said.append(f"{name} is no setting" + (f"; the nearest is {near[0]}." if near else "."))
    return said
