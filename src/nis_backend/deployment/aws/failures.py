"""What AWS refuses, or why it does not answer, as failures of ours: each says what to do, none names an account."""

from __future__ import annotations

import json
import re
from importlib import import_module
from typing import Any, cast

from nis_backend.deployment.aws.policy import statement_for
from nis_backend.errors import Busy, Conflict, InternalError, InvalidRequest, NisError, Unavailable, UpstreamFailed

_ARN = re.compile(r"arn:aws[\w-]*:[\w-]*:[\w-]*:[\w-]*:([\w./:@+=,*-]+)")
_ACCOUNT = re.compile(r"(?<![\w-])\d{12}(?![\w-])")
_KEY = re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b")
_ACTION = re.compile(r"not authorized to perform:? ([\w-]+:\w+)")

_STALE = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_WRONG_KEY = frozenset(
    {
        *("InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure"),
        *("InvalidSignatureException", "InvalidAccessKeyId", "IncompleteSignature", "MissingAuthenticationToken"),
    }
)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedException"})
_SLOWER = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"})
_QUOTA = frozenset({"LimitExceeded", "LimitExceededException", "ServiceQuotaExceededException"})

THROTTLED_SECONDS = 30.0


def cleaned(text: str) -> str:
    """AWS's words without accounts and keys: of an ARN, what it names."""
    return _KEY.sub("(a key)", _ACCOUNT.sub("(account)", _ARN.sub(r"\1", text)))


def code_of(error: BaseException) -> str:
    """The code of a refusal, or of that which it was made of: `AccessDenied`; empty where it is none."""
    return str(_response(error).get("Code", ""))


def said_by(error: BaseException) -> str:
    """The words of a refusal, cleaned."""
    return cleaned(str(_response(error).get("Message") or error))


def _response(error: BaseException) -> dict[str, Any]:
    for one in (error, error.__cause__):
        response = getattr(one, "response", None)
        if isinstance(response, dict):
            return cast("dict[str, Any]", response).get("Error", {})
    return {}


def failure(error: Exception, action: str, region: str | None) -> Exception:
    """A failure of the package as one of ours; what is none of its own is left as it is."""
    kinds = import_module("botocore.exceptions")
    told: NisError | None = None
    if isinstance(error, kinds.ClientError):
        told = _refused(error, action)
    elif isinstance(error, kinds.ParamValidationError):
        told = InternalError(f"{action} would be asked with wrong parameters: {cleaned(str(error))}")
    elif isinstance(error, kinds.NoRegionError | kinds.InvalidRegionError):
        told = no_region(region)
    elif isinstance(error, kinds.EndpointConnectionError | kinds.ConnectTimeoutError | kinds.ReadTimeoutError):
        told = Unavailable(
            f"{action} does not answer in {region}: {type(error).__name__}.",
            remedy="Look to the network, and whether the region is spelled right and enabled for the account.",
        )
    elif isinstance(error, kinds.BotoCoreError | OSError):
        told = _no_key(error) or Unavailable(
            f"{action} cannot be asked: {cleaned(str(error))}", remedy="Look to the network."
        )
    return told or error


def _no_key(error: Exception) -> NisError | None:
    """The failure of a key that there is not, or that is over: the package has a dozen names for those."""
    name = type(error).__name__
    if name == "ProfileNotFound":
        return Unavailable(str(error), remedy="Give a profile of ~/.aws/config, or none.")
    if "Credential" in name:
        return Unavailable(
            "There is no key for AWS.",
            remedy="Run: aws configure sso, or aws configure; or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. "
            "A plan with its price needs none: nis deploy plan --offline.",
        )
    if "SSO" in name or "Token" in name or "Login" in name:
        return Unavailable("The log-in to AWS is over.", remedy="Log in again: aws sso login.")
    return None


def no_region(region: str | None) -> NisError:
    """The refusal of a region that there is not."""
    said = f"{region!r} is no region of AWS." if region else "No region of AWS was given."
    return InvalidRequest(said, field="region", value=region, remedy="Give one: --region us-east-1.")


def _refused(error: Exception, action: str) -> NisError:
    code, said = code_of(error), said_by(error)
    if code in _STALE:
        return Unavailable("The key for AWS has run out.", remedy="Log in again (aws sso login), or get a new session.")
    if code in _WRONG_KEY:
        return Unavailable(f"AWS does not know the key: {code}.", remedy="Look to the profile, and to the clock.")
    if code in _DENIED or "not authorized to perform" in said:
        return _denied(said, action)
    if code in _SLOWER:
        return Busy(
            f"AWS wants {action} to be asked less often, after several tries.",
            remedy="Try again; what was begun goes on by itself.",
            retry_after=THROTTLED_SECONDS,
        )
    if code in _QUOTA:
        return Conflict(
            f"{action}: a quota of the account is used up. {said}", remedy="Have it raised: Service Quotas."
        )
    return UpstreamFailed(f"{action} was refused: {code}. {said}", remedy="Look at the stack in AWS's console.")


def _denied(said: str, action: str) -> NisError:
    found = _ACTION.search(said)
    wanted = found[1] if found else action
    statement = statement_for(wanted)
    if "explicit deny" in said:
        remedy = f"A policy denies {wanted} outright (a boundary, or the organization's); have that changed."
    elif statement:
        remedy = f"Add this statement to the policy of who deploys: {json.dumps(statement)}"
    else:
        remedy = f"Allow {wanted}, or let CloudFormation make the resources with a role of its own (docs/deploying.md)."
    return Unavailable(f"The key does not allow {wanted}.", remedy=remedy)
