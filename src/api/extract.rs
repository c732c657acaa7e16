//! Extractors whose refusals are problems: JSON body, query, path.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use super::Problem;

/// A JSON body. An unknown or wrong field is 422, no JSON at all 400, too large 413. A NUL in a text
/// is 400 here for all of them: PostgreSQL cannot store one, and nobody types one.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let whole = Request::from_parts(parts.clone(), body);
        let bytes = Bytes::from_request(whole, state).await.map_err(JsonRejection::from)?;
        if has_nul(&bytes) {
            return Err(Problem::malformed(
                "内容中有无法保存的字符（NUL）。请删去该字符后重新提交。",
            ));
        }
        let request = Request::from_parts(parts, axum::body::Body::from(bytes));
        let Json(value) = Json::from_request(request, state).await?;
        Ok(Self(value))
    }
}

/// Whether a JSON text writes a NUL: `\u0000` after an even number of backslashes.
fn has_nul(json: &[u8]) -> bool {
    let escaped = |at: usize| {
        let before = json.get(..at).unwrap_or_default();
        before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
    };
    json.windows(6).enumerate().any(|(at, six)| six == b"\\u0000" && !escaped(at))
}

/// Query parameters.
#[derive(Debug, FromRequestParts)]
#[from_request(via(Query), rejection(Problem))]
pub struct Params<T>(pub T);

/// Parameters in the path.
#[derive(Debug, FromRequestParts)]
#[from_request(via(Path), rejection(Problem))]
pub struct PathParams<T>(pub T);

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                "请求内容过大",
                "提交的内容超过上限。请缩短内容后重试。",
            ),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "请求格式有误",
                "请求内容必须是 JSON（Content-Type: application/json）。",
            ),
            StatusCode::UNPROCESSABLE_ENTITY => wrong_field(&rejection.body_text()),
            _ => Self::malformed("请求内容不是有效的 JSON。"),
        }
    }
}

/// serde names the field as `path: what` at best; the text goes along for whoever writes the client.
/// Below the tag of a tagged type it keeps no path: words before the colon are then no field.
fn wrong_field(text: &str) -> Problem {
    let told = text.rsplit_once("target type: ").map_or(text, |(_, told)| told);
    let field = told
        .split('`')
        .nth(1)
        .filter(|_| told.contains("field `"))
        .or_else(|| told.split_once(": ").map(|(path, _)| path).filter(|path| !path.contains(' ')))
        .unwrap_or("");
    let mut problem = Problem::fields(vec![super::FieldProblem {
        field: field.to_owned(),
        detail: told.to_owned(),
    }]);
    problem.detail = format!("请求内容与接口不符：{told}");
    problem
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::malformed(format!("查询参数有误：{}", rejection.body_text()))
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::not_found(format!("地址有误：{}", rejection.body_text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_found_and_a_backslash_before_the_word_is_not_one() {
        for (json, expected) in [
            (r#"{"title":"路灯\u0000不亮"}"#, true),
            (r#"{"title":"路灯\\u0000不亮"}"#, false),
            (r#"{"title":"路灯\\\u0000"}"#, true),
            (r#"{"title":"u0000"}"#, false),
        ] {
            assert_eq!(has_nul(json.as_bytes()), expected, "{json}");
        }
    }
}
