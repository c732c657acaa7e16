//! 承办单位: handling units of a centre.

use sqlx::{FromRow, query, query_as};
use types::{CentreId, UnitCode};
use work_order::{Unit, UnitKind};

use super::{StoreError, Tx};

#[derive(FromRow)]
struct Row {
    code: UnitCode,
    name: String,
    short_name: String,
    kind: String,
    parent: Option<UnitCode>,
}

impl TryFrom<Row> for Unit {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let kind: UnitKind = row.kind.parse().map_err(|_| StoreError::Inconsistent {
            table: "unit",
            column: "kind",
            row: row.code.to_string(),
        })?;
        Ok(Self {
            code: row.code,
            name: row.name,
            short_name: row.short_name,
            kind,
            parent: row.parent,
        })
    }
}

mod sql {
    pub const PUT: &str = "insert into unit (centre, code, name, short_name, kind, parent, position) \
        values ($1, $2, $3, $4, $5, $6, $7) \
        on conflict (centre, code) do update set name = excluded.name, \
        short_name = excluded.short_name, kind = excluded.kind, parent = excluded.parent, \
        position = excluded.position";
    pub const LIST: &str = "select code, name, short_name, kind, parent from unit \
        where centre = $1 order by position, code";
    pub const FIND: &str = "select code, name, short_name, kind, parent from unit \
        where centre = $1 and code = $2";
}

/// Creates the unit, or brings it up to date. `position` is its place in lists.
///
/// # Errors
/// [`StoreError`].
pub async fn put(
    tx: &mut Tx,
    centre: &CentreId,
    unit: &Unit,
    position: i32,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::PUT)
        .bind(centre)
        .bind(&unit.code)
        .bind(&unit.name)
        .bind(&unit.short_name)
        .bind(unit.kind.as_str())
        .bind(&unit.parent)
        .bind(position)
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
    let rows: Vec<Row> = on_tx!(tx, |db| query_as(sql::LIST).bind(centre).fetch_all(db).await)?;
    rows.into_iter().map(Unit::try_from).collect()
}

/// # Errors
/// [`StoreError`].
pub async fn find(
    tx: &mut Tx,
    centre: &CentreId,
    code: &UnitCode,
) -> Result<Option<Unit>, StoreError> {
    let row: Option<Row> =
        on_tx!(tx, |db| query_as(sql::FIND).bind(centre).bind(code).fetch_optional(db).await)?;
    row.map(Unit::try_from).transpose()
}
