"""Tokens, principals and permissions: what decides who may do what.

Only `tokens` imports a token library. Nothing here knows an operation or a role by name.
"""

from matricula_chassis.auth.cache import TokenCache
from matricula_chassis.auth.guard import (
    PROBLEM_OF_REASON,
    Authenticator,
    CredentialsRefused,
    OperationRefused,
    RequiredOperation,
    requires,
    service_authenticator,
)
from matricula_chassis.auth.key_sets import DiscoveredJwks, JwksAddress, KeySet, RemoteKeySet
from matricula_chassis.auth.metadata import IssuerUnreachable, issuer_client
from matricula_chassis.auth.permissions import Decision, Policy, UnknownOperation
from matricula_chassis.auth.policy_document import MalformedPolicy, Operation
from matricula_chassis.auth.principal import Claims, Principal, provider_of
from matricula_chassis.auth.rejection import Reason, TokenRejected
from matricula_chassis.auth.service_tokens import ServiceTokenSource, service_token_source
from matricula_chassis.auth.tokens import (
    SigningKey,
    TokenSigner,
    TokenVerifier,
    TrustedIssuer,
    VerifyingKey,
)

__all__ = [
    "PROBLEM_OF_REASON",
    "Authenticator",
    "Claims",
    "CredentialsRefused",
    "Decision",
    "DiscoveredJwks",
    "IssuerUnreachable",
    "JwksAddress",
    "KeySet",
    "MalformedPolicy",
    "Operation",
    "OperationRefused",
    "Policy",
    "Principal",
    "Reason",
    "RemoteKeySet",
    "RequiredOperation",
    "ServiceTokenSource",
    "SigningKey",
    "TokenCache",
    "TokenRejected",
    "TokenSigner",
    "TokenVerifier",
    "TrustedIssuer",
    "UnknownOperation",
    "VerifyingKey",
    "issuer_client",
    "provider_of",
    "requires",
    "service_authenticator",
    "service_token_source",
]
