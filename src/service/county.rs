//! The county's data as decisions need it: calendar, limits, units, taxonomy.
//!
//! Owns: loading it from the store once, and saying clearly when it is not there. Must not do: parse
//! (that is the core's) or guess.

use std::sync::Arc;

use tokio::sync::OnceCell;
use work_order::{County, CountyFiles, Rules};

use super::{Context, ServiceError};
use crate::store;
use crate::store::reference_data::ReferenceData;

/// Kinds of reference data, which are the names of the county's files.
pub const HOLIDAYS: &str = "holidays.csv";
pub const PROFILE: &str = "profile.csv";
pub const UNITS: &str = "units.csv";
pub const TAXONOMY: &str = "taxonomy.csv";

/// The rules in force, loaded at their first use.
#[derive(Debug, Clone, Default)]
pub struct CountyRules(Arc<OnceCell<Arc<Rules>>>);

/// The rules in force.
///
/// # Errors
/// [`ServiceError::Away`] when the county's data was never loaded or does not parse any more.
pub async fn rules(ctx: &Context) -> Result<Arc<Rules>, ServiceError> {
    ctx.county.0.get_or_try_init(|| load(ctx)).await.cloned()
}

async fn load(ctx: &Context) -> Result<Arc<Rules>, ServiceError> {
    let mut tx = ctx.db.read().await?;
    let mut texts = Vec::new();
    for kind in [HOLIDAYS, PROFILE, UNITS, TAXONOMY] {
        let found: Option<ReferenceData> =
            store::reference_data::newest(&mut tx, &ctx.centre, kind).await?;
        let data = found.ok_or_else(|| {
            ServiceError::Away(format!("尚未导入本县的基础数据（{kind}）。请运行 hotline init。"))
        })?;
        texts.push(data.content);
    }
    let [holidays, profile, units, taxonomy] = texts.as_slice() else {
        return Err(ServiceError::Internal("four files were asked for".to_owned()));
    };
    let files = CountyFiles { holidays, profile, units, taxonomy, users: NO_USERS };
    let county = County::load(&files).map_err(|faults| {
        tracing::error!(%faults, "the county's data does not parse");
        ServiceError::Away("本县的基础数据有误，请系统管理员运行 hotline doctor 查看。".to_owned())
    })?;
    Ok(Arc::new(county.rules))
}

/// People come from the accounts, not from a file.
const NO_USERS: &str = "username,display_name,roles,unit,duty,skills\n";
