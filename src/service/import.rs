//! 导入: orders of another system, from a file of any length, in transactions so small that nobody waits for them.
//!
//! Owns: the way through the file, what is stored with each transaction (orders, refused lines, the position), the
//! pace. Must not do: judge an order (`work_order::import` does), touch calls. A run that is killed anywhere goes on
//! with the same command: position and orders are one transaction, and a foreign number becomes one order for ever.

mod file;
mod line;
mod pace;
mod run;

use std::path::{Path, PathBuf};

use types::AuditId;
use work_order::Actor;

use self::file::OrderFile;
use self::run::Run;
use super::{Context, FieldFault, ServiceError};
use crate::store::audit::AuditLine;
use crate::store::import_run::{self, ImportKey, ImportPosition, Rejection};
use crate::store::{self, StoreError};

/// Longest name of a system, in characters.
const SYSTEM_LEN_MAX: usize = 64;

/// A file to be taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportWish {
    pub file: PathBuf,
    /// The system it comes from, as people call it: a foreign number is unique within it.
    pub system: String,
    /// Account that answers for it.
    pub by: String,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportProgress {
    pub bytes: u64,
    pub bytes_all: u64,
    /// Lines that became an order.
    pub accepted: u64,
    /// Lines whose number had become an order before.
    pub already: u64,
    pub rejected: u64,
}

/// A file that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportDone {
    pub progress: ImportProgress,
    /// This run began where an earlier one had stopped.
    pub resumed: bool,
    /// Every refused line: its number in the file, the foreign number, the reason in Chinese.
    pub rejections: Vec<RejectedLine>,
}

/// A line that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedLine {
    pub line: u64,
    pub external_no: String,
    pub reason: String,
}

/// Why an import stopped. What was taken over until then stays, and the same command goes on behind it.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("无法读取 {path}：{error}")]
    File { path: PathBuf, error: std::io::Error },
    #[error("{path} 第 1 行：{what}")]
    Heading { path: PathBuf, what: String },
    #[error("{path} 第 {line} 行：不是合法的 CSV（{error}）")]
    Csv { path: PathBuf, line: u64, error: csv::Error },
    #[error("另一个进程正在导入同一文件：请等它结束，不要同时导入")]
    AtOnce,
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(_) => Self::AtOnce,
            other => Self::Service(other.into()),
        }
    }
}

/// Takes a file over, or the rest of one that was begun before. `told` hears of every transaction.
///
/// # Errors
/// [`ImportError`]; the same call goes on where this one stopped.
pub async fn orders(
    ctx: &Context,
    wish: &ImportWish,
    told: &mut (dyn FnMut(ImportProgress) + Send),
) -> Result<ImportDone, ImportError> {
    let system = wish.system.trim();
    if system.is_empty() || system.chars().count() > SYSTEM_LEN_MAX {
        let detail = format!("来源系统名称须为 1 至 {SYSTEM_LEN_MAX} 字");
        return Err(ServiceError::Fields(vec![FieldFault::new("system", detail)]).into());
    }
    let person = person_of(ctx, &wish.by).await?;
    let path = wish.file.clone();
    let file_hash = tokio::task::spawn_blocking(move || file::hash(&path))
        .await
        .map_err(|error| ServiceError::Internal(error.to_string()))?
        .map_err(|error| ImportError::File { path: wish.file.clone(), error })?;
    let key = ImportKey { centre: ctx.centre.clone(), system: system.to_owned(), file_hash };
    let (position, resumed) = begin(ctx, &key, wish, &person).await?;
    let mut file = OrderFile::open(&wish.file, &position)?;
    let run = Run { ctx, key, actor: Actor::Person(person) };
    let position = run.to_the_end(&mut file, position, told).await?;
    let mut tx = ctx.db.read().await?;
    let rejections = import_run::rejections(&mut tx, &run.key).await?;
    drop(tx);
    let rejections = rejections.into_iter().map(RejectedLine::from).collect();
    Ok(ImportDone { progress: progress_of(&position, file.len()), resumed, rejections })
}

/// The refused lines as a file that goes back to whoever made the first one.
#[must_use]
pub fn rejections_csv(rejections: &[RejectedLine]) -> Vec<u8> {
    // With a mark of its encoding, without which spreadsheets guess wrongly.
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    let mut rows = vec![["行号".to_owned(), "原工单编号".to_owned(), "未导入原因".to_owned()]];
    rows.extend(
        rejections
            .iter()
            .map(|it| [it.line.to_string(), it.external_no.clone(), it.reason.clone()]),
    );
    for row in rows {
        // Writing to memory cannot fail.
        let _ = writer.write_record(&row);
    }
    writer.into_inner().unwrap_or_default()
}

/// The account as the rules see it.
async fn person_of(ctx: &Context, username: &str) -> Result<work_order::Person, ImportError> {
    let mut tx = ctx.db.read().await?;
    let user = store::user::by_name(&mut tx, &ctx.centre, username).await?;
    let user = user.filter(|user| user.disabled_at.is_none()).ok_or_else(|| {
        let detail = format!("没有账号“{username}”，或已停用：请写经办人的账号");
        ServiceError::Fields(vec![FieldFault::new("by", detail)])
    })?;
    let roles = store::user::roles(&mut tx, user.id).await?;
    Ok(work_order::Person { user: user.id, name: user.display_name, roles, unit: user.unit })
}

/// Where to begin, and whether somebody has begun before.
async fn begin(
    ctx: &Context,
    key: &ImportKey,
    wish: &ImportWish,
    person: &work_order::Person,
) -> Result<(ImportPosition, bool), ImportError> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    if let Some(position) = import_run::find(&mut tx, key).await? {
        return Ok((position, true));
    }
    let name = file_name(&wish.file);
    import_run::begin(&mut tx, key, &name, person.user, now).await?;
    let line = AuditLine {
        id: AuditId::new(now, ctx.random.number()),
        at: now,
        user_id: Some(person.user),
        actor: wish.by.clone(),
        source: String::new(),
        action: "orders_import_begun".to_owned(),
        subject_kind: "import".to_owned(),
        subject: key.file_hash.clone(),
        value_from: Some(key.system.clone()),
        value_to: Some(name),
        note: String::new(),
    };
    store::audit::append(&mut tx, &ctx.centre, &line).await?;
    tx.commit().await?;
    Ok((ImportPosition::default(), false))
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

impl From<Rejection> for RejectedLine {
    fn from(rejection: Rejection) -> Self {
        let Rejection { line, external_no, reason } = rejection;
        Self { line: as_u64(line), external_no, reason }
    }
}

fn progress_of(position: &ImportPosition, bytes_all: u64) -> ImportProgress {
    ImportProgress {
        bytes: as_u64(position.done_bytes),
        bytes_all,
        accepted: as_u64(position.accepted),
        already: as_u64(position.already),
        rejected: as_u64(position.rejected),
    }
}

fn as_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn as_u64(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests;
