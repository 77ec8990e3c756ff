"""The error tree: everything the package raises on purpose derives from `LLMExtractError`.

The message of each error is one line that says what is wrong, where, and what to do; the CLI prints
it as it is.
"""


class LLMExtractError(Exception):
    """Base class of every error the package raises on purpose."""


class UsageError(LLMExtractError):
    """A setting, option or argument is wrong; nothing was started."""


class SourceError(LLMExtractError):
    """An article cannot be read; the other articles are not affected."""


class PromptError(LLMExtractError):
    """A prompt template or its examples are missing or broken."""


class ModelError(LLMExtractError):
    """No model call can succeed until somebody changes something: the run stops."""


class WeightsError(ModelError):
    """The weights of an embedded model cannot be fetched, verified or read."""


class EmbeddedServerError(ModelError):
    """The embedded model server cannot be started, or died."""


class ServerDownError(ModelError):
    """No connection to a model server could be made for a while."""


class ReplyError(LLMExtractError):
    """One request got no usable reply; concerns one article, not the run."""


class TruncatedReplyError(ReplyError):
    """The model ran into its output limit (`finish_reason=length`)."""


class RefusedReplyError(ReplyError):
    """The model declined to answer, or a content filter stopped it."""


class InvalidReplyError(ReplyError):
    """The reply still fails validation after the allowed number of re-asks.

    Attributes:
        content: the raw text of the last reply, from which good parts may be saved.
        reason: what is wrong with it, one line.
    """

    def __init__(self, message: str, *, content: str = "", reason: str = "") -> None:
        super().__init__(message)
        self.content = content
        self.reason = reason


class RejectedRequestError(ReplyError):
    """The server rejects this very request as malformed."""


class ContextLengthError(ReplyError):
    """The request does not fit the model's context window."""


class TransientModelError(ReplyError):
    """The server stayed busy, or failed to answer, through all retries of one request.

    Attributes:
        retry_after: seconds that the server asked to wait, or None where it did not.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ClusterError(LLMExtractError):
    """A Ray cluster cannot be used, or its actors do not start: the run stops."""


class PendingReplyError(LLMExtractError):
    """The reply to a request comes later, with a batch; nothing failed."""


class StoreError(LLMExtractError):
    """An output folder cannot be used: locked, corrupt or written by another version."""


class EvaluationError(LLMExtractError):
    """Gold, predictions or a baseline cannot be read, or do not belong together."""
