//! RFC 9457: every refusal is `application/problem+json`, in Chinese, and says what to do.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::service::ServiceError;

/// Seconds after which a client may try again when a part is away.
const RETRY_AFTER_S: u64 = 2;

/// A field of the request that is wrong.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldProblem {
    pub field: String,
    pub detail: String,
}

/// Why a request was refused.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:hotline:problem:<code>`
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// What went wrong and what to do, in Chinese.
    pub detail: String,
    /// `urn:hotline:request:<id>`: the id that log lines of this request carry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// For programs, snake_case.
    pub code: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    #[serde(skip)]
    retry_after_s: Option<u64>,
}

impl Problem {
    pub fn new(status: StatusCode, code: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:hotline:problem:{code}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            instance: None,
            code: code.to_owned(),
            errors: Vec::new(),
            retry_after_s: None,
        }
    }

    /// 400: not understood at all.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", "请求格式有误", detail)
    }

    /// 401
    #[must_use]
    pub fn not_signed_in() -> Self {
        let detail = "您尚未登录，或登录已超时。请重新登录。";
        Self::new(StatusCode::UNAUTHORIZED, "not_signed_in", "未登录", detail)
    }

    /// 403
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "没有权限", detail)
    }

    /// 404: not there, or not this person's to see.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "没有找到", detail)
    }

    /// 409: the state refuses; `code` is the refusal.
    pub fn refused(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, "当前状态不允许此操作", detail)
    }

    /// 412
    #[must_use]
    pub fn version_conflict() -> Self {
        let detail = "该内容刚被他人修改。请刷新后再操作。";
        Self::new(StatusCode::PRECONDITION_FAILED, "version_conflict", "版本冲突", detail)
    }

    /// 422
    #[must_use]
    pub fn fields(errors: Vec<FieldProblem>) -> Self {
        let detail = "部分内容填写有误，请按提示修改后重新提交。";
        let mut problem =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_fields", "内容填写有误", detail);
        problem.errors = errors;
        problem
    }

    /// 503
    pub fn away(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, "服务暂时不可用", detail)
            .retry_after(RETRY_AFTER_S)
    }

    /// 500: a defect of ours. The log has the cause, the reply does not.
    #[must_use]
    pub fn internal() -> Self {
        let detail =
            "系统内部出错，已记录日志。请稍后重试；若仍出现，请把 instance 编号告知管理员。";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "系统内部错误", detail)
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        // `edge::observe` writes the request's id into it.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::NotSignedIn => Self::not_signed_in(),
            ServiceError::WrongPassword => Self::new(
                StatusCode::UNAUTHORIZED,
                "wrong_password",
                "登录失败",
                "账号或密码不正确。请核对后重试；忘记密码请联系安全管理员重置。",
            ),
            ServiceError::LockedOut { until, now } => {
                let wait_s = until.since(now).as_secs().max(1);
                let detail = format!(
                    "密码错误次数过多，请 {} 分钟后再试，或联系安全管理员。",
                    wait_s.div_ceil(60)
                );
                Self::new(StatusCode::TOO_MANY_REQUESTS, "locked_out", "登录已锁定", detail)
                    .retry_after(wait_s)
            }
            ServiceError::TooManySignIns => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_sign_ins",
                "登录人数过多",
                "同时登录的人较多，请稍候几秒再试。",
            )
            .retry_after(RETRY_AFTER_S),
            ServiceError::Forbidden(detail) => Self::forbidden(detail),
            ServiceError::NotFound(what) => {
                Self::not_found(format!("没有找到该{what}，或您无权查看。"))
            }
            ServiceError::Refused { code, detail } => Self::refused(code, detail),
            ServiceError::VersionConflict => Self::version_conflict(),
            ServiceError::Fields(faults) => Self::fields(
                faults
                    .into_iter()
                    .map(|fault| FieldProblem { field: fault.field, detail: fault.detail })
                    .collect(),
            ),
            ServiceError::Away(detail) => Self::away("away", detail),
            ServiceError::Store(error) => {
                tracing::error!(%error, "the store did not do it");
                if error.is_temporary() {
                    Self::away("store_away", store_advice(&error.to_string()))
                } else {
                    Self::internal()
                }
            }
            ServiceError::Internal(error) => {
                tracing::error!(error, "a defect");
                Self::internal()
            }
        }
    }
}

/// What the person at the screen can do about a store that takes nothing.
fn store_advice(error: &str) -> String {
    let cause = if error.contains("full") {
        "数据磁盘已满"
    } else if error.contains("read-only") {
        "数据目录不可写"
    } else if error.contains("busy") {
        "数据库繁忙"
    } else {
        "数据库无法连接"
    };
    format!("{cause}，本次操作没有保存。请稍后重试；若持续出现，请立即通知系统管理员。")
}

/// 405, for any path of ours.
pub(super) async fn method_not_allowed(method: Method) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "不支持的请求方法",
        format!("此地址不支持 {method} 方法。请查阅 /api/openapi.json。"),
    )
}
