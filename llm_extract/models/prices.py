"""Prices of hosted models, from the snapshot that genai-prices ships; never over the network."""

from llm_extract.models.spec import ModelSpec


def price(
    spec: ModelSpec,
    *,
    prompt_tokens: int,
    cached_tokens: int,
    completion_tokens: int,
    batch: bool = False,
) -> float | None:
    """Prices the tokens of one call.

    Args:
        spec: the model that was called.
        prompt_tokens: all prompt tokens, cached ones included.
        cached_tokens: how many of them came from the provider's prompt cache; they cost less.
        completion_tokens: tokens generated.
        batch: whether the call came through a batch service. The snapshot has the providers'
            batch prices, half the usual ones as a rule; a model without one is priced as usual.

    Returns:
        The price in USD: 0 for an embedded model, None where the snapshot does not know the
        model or the server (unknown is not free).
    """
    if spec.kind == "embedded":
        return 0.0
    from genai_prices import Usage, calc_price

    tokens = Usage(
        input_tokens=prompt_tokens,
        cache_read_tokens=min(cached_tokens, prompt_tokens),
        output_tokens=completion_tokens,
    )
    how = {"processing": "batch"} if batch else None
    try:
        if spec.provider is not None:
            found = calc_price(tokens, spec.model, provider_id=spec.provider, price_context=how)
        else:
            found = calc_price(
                tokens, spec.model, provider_api_url=spec.base_url, price_context=how
            )
    except LookupError:
        return None
    return float(found.total_price)
