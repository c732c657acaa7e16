//! `GET /work-orders`

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::{AppState, FieldProblem, Params, Problem, SignedIn};
use crate::service::work_order::{self, ListBox, WorkOrderSummary};

/// Longest page.
const LIMIT_MAX: i64 = 100;
const LIMIT_DEFAULT: i64 = 50;

/// Which orders, and which page of them.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    #[serde(rename = "box")]
    #[param(rename = "box")]
    #[param(inline)]
    which: ListBox,
    /// `next` of the page before.
    after: Option<String>,
    /// 1 to 100.
    limit: Option<i64>,
}

/// One page of orders.
#[derive(Serialize, ToSchema)]
pub struct WorkOrderPage {
    items: Vec<WorkOrderSummary>,
    next: Option<String>,
}

/// List orders
///
/// A box is what waits for somebody, in the order in which it should be done.
#[utoipa::path(
    get, path = "/work-orders", tag = "work order", params(ListQuery),
    responses((status = 200, body = WorkOrderPage), (status = 403, body = Problem))
)]
pub(super) async fn list(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    Params(query): Params<ListQuery>,
) -> Result<Json<WorkOrderPage>, Problem> {
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        let detail = format!("每页条数应为 1 到 {LIMIT_MAX}");
        return Err(Problem::fields(vec![FieldProblem { field: "limit".to_owned(), detail }]));
    }
    let after = query.after.as_deref();
    let page = work_order::list(&state.ctx, &person, query.which, after, limit).await?;
    Ok(Json(WorkOrderPage { items: page.items, next: page.next }))
}
