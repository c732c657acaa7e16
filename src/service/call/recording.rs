//! Who may hear a recording, and where its file is. Every reading is on the audit trail.

use std::path::{Component, Path, PathBuf};

use types::{AuditId, RecordingId, Role};

use crate::service::session::Person;
use crate::service::{Context, ServiceError};
use crate::store::audit::AuditLine;
use crate::store::{self, recording::Recording};

/// Roles that hear any recording of the centre; an agent hears her own calls.
const HEARING_ROLES: &[Role] =
    &[Role::TeamLeader, Role::QualityInspector, Role::Supervisor, Role::InspectionOffice];

/// A recording that may be read.
#[derive(Debug, Clone)]
pub struct RecordingFile {
    pub path: PathBuf,
}

/// Lets `person` hear a recording, and writes down that she did.
///
/// # Errors
/// [`ServiceError::NotFound`] where there is none or it is not hers to hear.
pub async fn open_recording(
    ctx: &Context,
    person: &Person,
    source: &str,
    id: RecordingId,
) -> Result<RecordingFile, ServiceError> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let found = store::recording::find(&mut tx, &ctx.centre, id).await?;
    let recording = found.ok_or(ServiceError::NotFound("录音"))?;
    let call = store::call::find(&mut tx, &ctx.centre, recording.call).await?;
    let own = call.is_some_and(|call| call.agent == Some(person.user_id.into()));
    if !own && !person.has_any(HEARING_ROLES) {
        return Err(ServiceError::NotFound("录音"));
    }
    let path = path_of(&ctx.config.data_path("recordings"), &recording)?;
    let line = AuditLine {
        id: AuditId::new(now, ctx.random.number()),
        at: now,
        user_id: Some(person.user_id),
        actor: person.username.clone(),
        source: source.to_owned(),
        action: "recording_heard".to_owned(),
        subject_kind: "recording".to_owned(),
        subject: id.to_string(),
        value_from: None,
        value_to: None,
        note: format!("call {}", recording.call),
    };
    store::audit::append(&mut tx, &ctx.centre, &line).await?;
    tx.commit().await?;
    Ok(RecordingFile { path })
}

/// The file below the recordings folder; a name that would lead out of it is refused.
fn path_of(folder: &Path, recording: &Recording) -> Result<PathBuf, ServiceError> {
    let below = Path::new(&recording.file);
    let stays = below.components().all(|part| matches!(part, Component::Normal(_)));
    if stays && !recording.file.is_empty() {
        return Ok(folder.join(below));
    }
    Err(ServiceError::Internal(format!(
        "recording {} names the file {:?}",
        recording.id, recording.file
    )))
}
