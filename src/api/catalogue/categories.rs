//! `GET /catalogue/categories`

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use types::{CategoryCode, UnitCode};
use utoipa::{IntoParams, ToSchema};
use work_order::taxonomy::LeadRule;
use work_order::{Leaf, Rules, Urgency};

use crate::api::{AppState, Params, Problem, SignedIn};
use crate::service::county;

/// Most matches of one search.
const LIMIT_MAX: usize = 100;

/// What to look for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CategoryQuery {
    /// Code, label or keyword; without it every category is listed.
    q: Option<String>,
    /// 1 to 100.
    limit: Option<usize>,
}

/// One category of the third level.
#[derive(Serialize, ToSchema)]
pub struct CatalogueCategory {
    code: CategoryCode,
    /// Labels from the top.
    path: Vec<String>,
    label: String,
    /// Default urgency.
    urgency: Urgency,
    /// Reports of this category are confidential by default.
    confidential: bool,
    /// Must not be dispatched to towns.
    towns_forbidden: bool,
    /// The unit of the catalogue; null where it depends on the place.
    lead_unit: Option<UnitCode>,
    /// Higher is better; only comparable within one search.
    score: Option<u32>,
}

/// Matches, best first, or all categories in order of code.
#[derive(Serialize, ToSchema)]
pub struct CatalogueCategories {
    items: Vec<CatalogueCategory>,
}

/// Search categories
///
/// Over the whole tree; without `q` the whole tree, a line each.
#[utoipa::path(
    get, path = "/catalogue/categories", tag = "catalogue", params(CategoryQuery),
    responses((status = 200, body = CatalogueCategories))
)]
pub(super) async fn categories(
    State(state): State<AppState>,
    _person: SignedIn,
    Params(query): Params<CategoryQuery>,
) -> Result<Json<CatalogueCategories>, Problem> {
    let rules = county::rules(&state.ctx).await?;
    let items = match query.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        Some(q) => matches(&rules, q, query.limit.unwrap_or(20).clamp(1, LIMIT_MAX)),
        None => rules.taxonomy.iter().map(|leaf| shown(leaf, None)).collect(),
    };
    Ok(Json(CatalogueCategories { items }))
}

fn matches(rules: &Rules, query: &str, limit: usize) -> Vec<CatalogueCategory> {
    let hits = rules.taxonomy.search(query, limit);
    let shown = |hit: work_order::CategoryHit| {
        rules.taxonomy.leaf(&hit.code).map(|leaf| shown(leaf, Some(hit.score)))
    };
    hits.into_iter().filter_map(shown).collect()
}

fn shown(leaf: &Leaf, score: Option<u32>) -> CatalogueCategory {
    let path = [&leaf.level1, &leaf.level2, &leaf.level3];
    let path: Vec<String> = path.into_iter().filter(|label| !label.is_empty()).cloned().collect();
    CatalogueCategory {
        code: leaf.code.clone(),
        label: path.last().cloned().unwrap_or_default(),
        path,
        urgency: leaf.urgency,
        confidential: leaf.confidential_reports,
        towns_forbidden: leaf.towns_forbidden,
        lead_unit: match &leaf.lead {
            LeadRule::Unit { units } => units.first().cloned(),
            LeadRule::TownOfPlace => None,
        },
        score,
    }
}
