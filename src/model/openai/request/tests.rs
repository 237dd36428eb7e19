use super::*;

fn error(message: &str, param: &str, code: &str) -> ServerError {
    ServerError {
        message: message.into(),
        param: param.into(),
        code: code.into(),
        kind: "invalid_request_error".into(),
    }
}

fn all() -> Parameters {
    Parameters::from_bits(0x1ff)
}

#[test]
fn unknown_parameters_are_recognised_by_name() {
    let named = |error: &ServerError| all().named_as_unknown(error).names().collect::<Vec<_>>().join(" ");
    let cases = [
        (error("Unknown parameter: 'prompt_cache_key'.", "prompt_cache_key", "unknown_parameter"), "prompt_cache_key"),
        (
            error(
                "Unsupported value: 'temperature' does not support 0.2 with this model.",
                "temperature",
                "unsupported_value",
            ),
            "temperature",
        ),
        (
            error("Extra inputs are not permitted: stream_options, parallel_tool_calls", "", ""),
            "stream_options parallel_tool_calls",
        ),
        (error("response_format json_schema is not supported by this model", "", ""), "response_format"),
        (error("this model does not support tools", "", ""), ""),
        (error("Invalid schema for response_format 'x'", "response_format", "invalid_json_schema"), ""),
        (error("an unknown error while restricting", "", ""), ""),
        (error("max_completion_tokens is too large", "max_completion_tokens", ""), ""),
    ];
    for (error, names) in cases {
        assert_eq!(named(&error), names, "{error}");
    }
}

#[test]
fn only_what_was_sent_can_be_unknown() {
    let error = error("Unknown parameter max_completion_tokens, use max_tokens instead", "", "");
    let sent = all().without(Parameters::MAX_TOKENS);
    assert_eq!(sent.named_as_unknown(&error), Parameters::MAX_COMPLETION_TOKENS);
    assert!(Parameters::default().named_as_unknown(&error).is_empty());
}
