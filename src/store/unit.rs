//! 承办单位: handling units of a centre.

use sqlx::{FromRow, query, query_as};
use types::{CentreId, UnitCode};

use super::{StoreError, Tx};

/// What sort of unit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum UnitKind {
    /// 部门
    Department,
    /// 公共服务企业
    Company,
    /// 乡镇、街道
    Town,
}

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Unit {
    pub code: UnitCode,
    pub name: String,
    pub kind: UnitKind,
    /// The unit it belongs to (`U06` for `U06T`).
    pub parent: Option<UnitCode>,
    /// Order in lists.
    pub position: i32,
}

mod sql {
    pub const PUT: &str = "insert into unit (centre, code, name, kind, parent, position) \
        values ($1, $2, $3, $4, $5, $6) \
        on conflict (centre, code) do update set name = excluded.name, kind = excluded.kind, \
        parent = excluded.parent, position = excluded.position";
    pub const LIST: &str = "select code, name, kind, parent, position from unit \
        where centre = $1 order by position, code";
    pub const FIND: &str =
        "select code, name, kind, parent, position from unit where centre = $1 and code = $2";
}

/// Creates the unit, or brings it up to date.
///
/// # Errors
/// [`StoreError`].
pub async fn put(tx: &mut Tx, centre: &CentreId, unit: &Unit) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::PUT)
        .bind(centre)
        .bind(&unit.code)
        .bind(&unit.name)
        .bind(unit.kind)
        .bind(&unit.parent)
        .bind(unit.position)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// All units in their order.
///
/// # Errors
/// [`StoreError`].
pub async fn list(tx: &mut Tx, centre: &CentreId) -> Result<Vec<Unit>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::LIST).bind(centre).fetch_all(db).await)?)
}

/// # Errors
/// [`StoreError`].
pub async fn find(
    tx: &mut Tx,
    centre: &CentreId,
    code: &UnitCode,
) -> Result<Option<Unit>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::FIND).bind(centre).bind(code).fetch_optional(db).await)?)
}
