//! Forecasts as they were made, and how far off each was.

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{FromRow, query, query_as};
use time::Date;
use types::{CentreId, Timestamp};

use super::{StoreError, Tx};

/// One forecast of one day.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct DayForecast {
    pub day: Date,
    pub made_at: Timestamp,
    /// Expected calls of the 48 half-hours.
    pub calls: Json<Vec<f64>>,
    pub basis: Json<Basis>,
    /// `None` until the day is over.
    pub error: Option<Json<ForecastError>>,
}

/// What a forecast rests on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Basis {
    /// The past days, newest first, as `2026-02-13`.
    pub days: Vec<String>,
    /// By how much those were raised to the present level.
    pub trend: f64,
    pub events: Vec<BasisEvent>,
}

/// An event that was expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasisEvent {
    pub kind: String,
    /// `14:00-18:00`
    pub during: String,
    pub factor_percent: u32,
    /// `given`, `learned` or `usual`.
    pub factor_from: String,
    pub source: String,
}

/// How far off a forecast was; shares of the calls that came.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ForecastError {
    pub expected: f64,
    pub came: u64,
    /// `None` for a day without calls.
    pub wape: Option<f64>,
    pub mape: Option<f64>,
    /// Above 0: too high.
    pub bias: Option<f64>,
}

mod sql {
    pub const PUT: &str = "insert into day_forecast (centre, day, made_at, calls, basis) \
        values ($1, $2, $3, $4, $5) on conflict (centre, day, made_at) do update set \
        calls = excluded.calls, basis = excluded.basis, error = null, judged_at = null";
    pub const NEWEST: &str = "select day, made_at, calls, basis, error from day_forecast \
        where centre = $1 and day = $2 order by made_at desc limit 1";
    pub const BETWEEN: &str = "select day, made_at, calls, basis, error from day_forecast \
        where centre = $1 and day >= $2 and day <= $3 order by day, made_at";
    pub const UNJUDGED: &str = "select day, made_at, calls, basis, error from day_forecast \
        where centre = $1 and day < $2 and error is null order by day, made_at";
    pub const JUDGE: &str = "update day_forecast set error = $1, judged_at = $2 \
        where centre = $3 and day = $4 and made_at = $5";
}

/// # Errors
/// [`StoreError`].
pub async fn put(tx: &mut Tx, centre: &CentreId, forecast: &DayForecast) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::PUT)
        .bind(centre)
        .bind(forecast.day)
        .bind(forecast.made_at)
        .bind(&forecast.calls)
        .bind(&forecast.basis)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The last one made for a day.
///
/// # Errors
/// [`StoreError`].
pub async fn newest(
    tx: &mut Tx,
    centre: &CentreId,
    day: Date,
) -> Result<Option<DayForecast>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::NEWEST).bind(centre).bind(day).fetch_optional(db).await)?)
}

/// All made for the days from `first` to `last`, both inside, in order.
///
/// # Errors
/// [`StoreError`].
pub async fn between(
    tx: &mut Tx,
    centre: &CentreId,
    first: Date,
    last: Date,
) -> Result<Vec<DayForecast>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::BETWEEN)
        .bind(centre)
        .bind(first)
        .bind(last)
        .fetch_all(db)
        .await)?)
}

/// Those of days before `today` whose error is not known.
///
/// # Errors
/// [`StoreError`].
pub async fn unjudged(
    tx: &mut Tx,
    centre: &CentreId,
    today: Date,
) -> Result<Vec<DayForecast>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::UNJUDGED).bind(centre).bind(today).fetch_all(db).await)?)
}

/// Keeps the error of a forecast.
///
/// # Errors
/// [`StoreError`].
pub async fn judge(
    tx: &mut Tx,
    centre: &CentreId,
    forecast: &DayForecast,
    error: ForecastError,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::JUDGE)
        .bind(Json(error))
        .bind(now)
        .bind(centre)
        .bind(forecast.day)
        .bind(forecast.made_at)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
